// Package screen implements the commands displays, which lists the remote displays,
// and shot, which fetches pictures of them and shows them in the terminal. "techsh
// help screen" explains both to users.
package screen
