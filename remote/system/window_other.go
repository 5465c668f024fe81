//go:build !windows

package system

// ownsWindow returns false, because on these systems a terminal keeps the text of a
// program that has ended.
func ownsWindow() bool { return false }
