// Package machine implements the commands about the remote computer: its clock, name,
// system and network, the users logged in, and messages to the user at the remote.
package machine
