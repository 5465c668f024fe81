// Package trust decides which computers may talk to each other: it implements their
// identities, the pairing of two computers, and the files in which a computer lists the
// computers that it knows.
//
// The files are:
//
//   - identity.go: the key, the certificate and the ID of a computer; tls.go: TLS with
//     pinned keys in both directions
//   - rights.go: the rights of a peer
//   - folder.go: the folder of the files; file.go: reading and writing one of them;
//     filelines.go: the lines of a file
//   - private.go: opening a file to which only this user has access; fs_unix.go and
//     fs_windows.go: the differences between systems
//   - peers.go: the computers that may control this one; hosts.go: the computers that
//     this one controls; registry.go: the common part of both files
//   - invite.go: the open pairing code and its tries; words.go: its spelling as words
//   - pairing.go: how two computers prove to each other that they know the code
//
// The files consist of lines of words (package codec), which a person can read and edit.
// If one line is wrong, the whole file is ignored, and the error names the file and the
// line. Only the user has access to the files and their folder.
//
// For users "techsh help trust" explains pairing and rights.
package trust
