// Package screen is the room of the remote screen: displays lists the displays, and
// shot fetches pictures of them and shows them in the terminal. For users "techsh
// help screen" explains both.
package screen
