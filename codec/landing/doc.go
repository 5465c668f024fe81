// Package landing puts files on a disk. Both halves of techsh use it for everything that
// arrives or is copied.
//
// The files are:
//
//   - landing.go: a Landing is one file that is being written. It becomes visible only
//     when it is complete and on disk; part.go: its temporary name; async_writer.go:
//     writing while the next bytes are received.
//   - batch.go: a Batch flushes many files together; folder.go, link.go: the folders and
//     links of trees.
//   - arrivals.go: different names that the file system treats as the same name.
//   - mode.go, fs_acl_*.go: the modes and ACLs of what is new, and of what replaces a
//     file.
//   - sweep.go: removing part files that were never continued.
//   - prefix.go: the beginning of a file that an interrupted landing has left.
//   - copy.go: copying a file of this machine.
//   - descent.go: visiting a tree of any depth with few open folders.
//   - source.go: opening and describing the files of this machine; fileid.go: finding out
//     whether two files are the same.
//   - sums.go: crc32c and sha256.
//   - names.go: valid names of files, and the limits of paths; path.go: many paths in
//     little memory.
//   - fs_*.go: the differences between systems.
//
// Nothing in this package writes to a target in place or follows a link on the path to
// it. No part of a file is left behind, unless the process is killed or the caller asks
// for it.
package landing
