// Package transfer moves files over a connection. Both halves of techsh use its Sender
// and its Receiver, for get and for put.
//
// The files are:
//
//   - sender.go: a Sender writes files as FILE, DATA…, SUM; send_tree.go: whole trees,
//     while they are read.
//   - receiver.go, receive_file.go: a Receiver reads such a stream and writes the files
//     to disk; receive_tree.go, receive_folder.go, receive_link.go: trees; batch.go:
//     flushing many files together.
//   - landing.go: a Landing is one file that is being written. It becomes visible only
//     when it is complete, compared with the sender's sums and on disk; part.go: its
//     temporary name; async_writer.go: writing while the next bytes are read.
//   - resume.go: continuing an interrupted file.
//   - sweep.go: removing part files that were never continued.
//   - copy.go: copying a file of this machine with the same safety.
//   - alike.go, fileid.go: whether two files are alike, or the same file.
//   - sums.go: crc32c and sha256.
//   - names.go: valid names of files, and the limits of paths; nameset.go: sets of names.
//   - expand.go: the files that a typed path or pattern stands for.
//   - fs_*.go: the differences between systems.
//
// Nothing in this package writes to a target in place or follows a link on the path to
// it. No part of a file is left behind, unless the process is killed or the caller asks
// for it.
//
// The names in a tree begin with that of its top and use / on every system. A folder
// comes before its contents and stays open until all of them are placed. A name is
// therefore never resolved as a path: each component is looked up in an open folder.
//
// For users "techsh help transfers" explains what arrives, and what an interruption leaves.
package transfer
