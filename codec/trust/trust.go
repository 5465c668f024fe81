// Package trust says who may speak: the identities of computers, how two of
// them are paired, and the files in which each keeps whom it knows.
//
//   - identity.go: the key and certificate of a computer, and its ID; tls.go:
//     TLS with pinned keys in both directions
//   - rights.go: the seven words that say what a peer may do
//   - folder.go: the folder of the files; file.go: how one is read and written,
//     with what differs between systems in fs_unix.go and fs_windows.go;
//     lines.go: what stands in one
//   - peers.go: who may control this computer; hosts.go: computers that this
//     one controls; book.go: what both files have in common
//   - invite.go: the open pairing code and its tries; words.go: its spelling
//   - pairing.go: how two computers that share such a code prove it
//
// Files are lines of words (package codec) that a person can read and edit. A
// line that makes no sense closes the door: its file is not believed at all, and
// the error names the file and the line. They belong to their user alone, as
// does the folder.
package trust
