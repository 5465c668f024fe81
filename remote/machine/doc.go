// Package machine is the room of the verbs about the computer itself: its time,
// its name, its network, the users at it.
package machine
