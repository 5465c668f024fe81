// Package transfers has the commands that move files between the local and the
// remote side: get, put and sync.
//
// A transferRun is what they have in common: options, progress, counts and
// failures. A download makes calls of GET, an upload makes one call of PUT; the
// files named plan decide beforehand what is asked for or sent. A sync compares
// two folders, and then makes a download or an upload of what differs. Package
// compare compares the trees.
package transfers
