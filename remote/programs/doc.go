// Package programs is the room of the verbs that run programs on the remote, and
// list and end its processes.
package programs
