// Package screen implements the verbs that list and show the displays of the remote.
package screen
