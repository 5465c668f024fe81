// Package transfer moves files across a link, in either direction: get and
// put are one sender and one receiver, used by both halves.
//
//   - sender.go: a Sender writes files as FILE, DATA…, SUM; tree.go: and whole
//     trees, as they are read.
//   - receiver.go: a Receiver takes such a stream and lands its files;
//     trees.go, folder.go, links.go: those of trees; batch.go: how these get
//     to disk together.
//   - landing.go: a Landing is one file on its way to its place: whole,
//     compared with the sender's sums, on disk, and only then visible;
//     part.go: under which name until then; behind.go: written while the next
//     bytes are read.
//   - resume.go: what is there of a file, and how it is continued.
//   - sweep.go: parts that nobody has continued are removed.
//   - copy.go: a file of this machine, landed likewise.
//   - alike.go, places.go: whether two files are alike, or one and the same.
//   - sums.go: crc32c and sha256 of what crosses.
//   - names.go: which names a file may have here, and how long paths may be.
//   - expand.go: what a typed path or pattern stands for, where the files are.
//   - fs_*.go: what differs between systems.
//
// Nothing here writes to a target in place, follows a link at the target or on
// the way to it, or leaves a part of a file behind except when the process is
// killed or is told to.
//
// Names of a tree lie under its top, with / on every system. Each folder comes
// before what is in it and is held open until all of that is placed, so a name
// goes through no path: it is one component in a folder that is known to be
// one.
package transfer
