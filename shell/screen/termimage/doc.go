// Package termimage draws pictures in a terminal, in the best way that the terminal
// supports: with the protocols of kitty or iTerm2, as sixels, or as half-block
// characters. It also checks pictures from a remote before they are decoded.
package termimage
