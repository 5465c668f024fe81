// Package transfers is the room of the verbs that move files between the client
// and the remote.
package transfers
