// Package transfer moves files across a link, in either direction: get and
// put are one sender and one receiver, used by both halves.
//
//   - sender.go: a Sender writes files as FILE, DATA…, SUM.
//   - receiver.go: a Receiver takes such a stream and lands its files.
//   - landing.go: a Landing is one file on its way to its place: whole,
//     compared with the sender's sum, on disk, and only then visible.
//   - names.go: which names a file may have here.
//   - expand.go: what a typed path or pattern stands for, where the files are.
//   - fs_unix.go, fs_windows.go: what differs between systems.
//
// Nothing here writes to a target in place, follows a link at the target, or
// leaves a part of a file behind except when the process is killed.
package transfer
