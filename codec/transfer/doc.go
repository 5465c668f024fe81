// Package transfer moves files across a link. Both halves of techsh use its Sender and
// its Receiver, for get and for put.
//
//   - sender.go: a Sender writes files as FILE, DATA…, SUM; send_tree.go: whole trees,
//     while they are read.
//   - receiver.go, receive_file.go: a Receiver takes such a stream and writes the files
//     to disk; receive_tree.go, receive_folder.go, receive_link.go: trees; batch.go:
//     flushing many files together.
//   - landing.go: a Landing is one file that is being written. It becomes visible only
//     when it is complete, compared with the sender's sums and on disk; part.go: its
//     name until then; async_writer.go: writing while the next bytes are read.
//   - resume.go: continuing a file that was sent in part.
//   - sweep.go: removing part files that were never continued.
//   - copy.go: copying a file of this machine in the same way.
//   - alike.go, fileid.go: whether two files are alike, or the same file.
//   - sums.go: crc32c and sha256.
//   - names.go: valid names of files, and the limits of paths.
//   - expand.go: the files that a typed path or pattern stands for.
//   - fs_*.go: the differences between systems.
//
// Nothing in this package writes to a target in place, follows a link on the way to it,
// or leaves part of a file behind, unless the process is killed or the caller asks for
// it.
//
// The names in a tree begin with that of its top and use / on every system. A folder comes
// before its contents and is kept open until all of them are placed. So a name is never
// resolved as a path: each component is looked up in an open folder.
//
// For users "techsh help transfers" explains what arrives, and what an interruption leaves.
package transfer
