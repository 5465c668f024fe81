// Package transfers implements the commands that transfer files between the local and
// the remote side: get, put and sync.
//
// A download makes calls of GET, and an upload makes one call of PUT; get_plan.go and
// put_plan.go decide which files the calls transfer. A sync compares two folders, and
// then downloads or uploads the entries that differ. Package running has what the
// commands share, and package compare compares folders.
package transfers
