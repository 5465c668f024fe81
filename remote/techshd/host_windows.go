package main

import (
	"io"
	"os"

	"golang.org/x/sys/windows"
)

// stdioLog returns a log that keeps nothing: the log of Windows can only be written by
// installed programs, and standard error is the terminal of the technician.
func stdioLog() io.Writer { return io.Discard }

// obeysEscapes reports whether the terminal f supports escape sequences.
func obeysEscapes(f *os.File) bool {
	var mode uint32
	h := windows.Handle(f.Fd())
	return windows.GetConsoleMode(h, &mode) == nil &&
		windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}

// dropTyped discards the unread input of the terminal f.
func dropTyped(f *os.File) { _ = windows.FlushConsoleInputBuffer(windows.Handle(f.Fd())) }

// superuser returns the name of the superuser. ok reports whether techshd runs as this
// user.
func superuser() (name string, ok bool) {
	return "Administrator", windows.GetCurrentProcessToken().IsElevated()
}
