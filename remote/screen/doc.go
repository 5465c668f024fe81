// Package screen is the room of the verbs that show the displays of the remote.
package screen
