// Package programs implements the verbs that run programs on the remote, and that list
// and end its processes.
package programs
