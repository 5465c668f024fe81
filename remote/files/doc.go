// Package files implements the verbs that list, search, hash, print, make, delete, copy
// and move files and folders on the remote.
package files
