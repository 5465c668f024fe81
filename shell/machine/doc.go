// Package machine has the commands about the remote computer: its clock, name,
// system and network, the users logged in, and messages to the person at it.
package machine
