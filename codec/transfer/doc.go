// Package transfer moves files over a connection. Both halves of techsh use its Sender
// and its Receiver, for get and for put. Package landing puts the files on disk.
//
// The files are:
//
//   - sender.go: a Sender writes files as FILE, DATA…, SUM; send_tree.go: whole trees,
//     while they are read; fs_*.go: reading folders, which differs between systems.
//   - receiver.go, receive_file.go: a Receiver reads such a stream; receive_tree.go: trees
//     in it; copy.go: files that are on this machine already.
//   - resume.go: continuing an interrupted file.
//   - alike.go: whether two files are alike; nameset.go: sets of names.
//   - expand.go: the files that a typed path or pattern stands for.
//
// The names in a tree begin with the name of its top and use / on every system. A folder
// comes before its contents and stays open until all of them are placed. A name is
// therefore never resolved as a path: each component is looked up in an open folder.
//
// For users "techsh help transfers" explains what arrives, and what an interruption leaves.
package transfer
