// Package transfers implements the verbs that move files between the client and the
// remote.
package transfers
