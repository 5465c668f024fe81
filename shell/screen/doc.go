// Package screen implements two commands: "displays" lists the remote displays, and
// "shot" fetches pictures of them and shows them in the terminal. "techsh help screen"
// explains both to users.
package screen
