// Package termimage draws pictures in a terminal, in the best way that the
// terminal can: with the protocols of kitty and iTerm2, as sixels, or as
// half-block characters. It also checks the pictures that a remote sends before
// anything is decoded.
package termimage
