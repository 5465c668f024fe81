// Package machine implements the verbs about the remote computer itself: its time, its
// name, its network, and its users.
package machine
