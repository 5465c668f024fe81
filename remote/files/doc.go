// Package files is the room of the verbs about files and folders on the remote:
// listing, searching, hashing, making, deleting, copying and moving them.
package files
