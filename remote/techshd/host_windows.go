package main

import (
	"io"
	"os"

	"golang.org/x/sys/windows"
)

// stdioLog returns where a server on standard input logs. The log of Windows cannot be
// written without an installation.
func stdioLog() io.Writer { return os.Stderr }

// obeysEscapes reports whether the terminal f can show colours.
func obeysEscapes(f *os.File) bool {
	var mode uint32
	h := windows.Handle(f.Fd())
	return windows.GetConsoleMode(h, &mode) == nil &&
		windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}

// dropTyped discards what was typed at the terminal f and not read.
func dropTyped(f *os.File) { _ = windows.FlushConsoleInputBuffer(windows.Handle(f.Fd())) }

// superuser returns the name of the user that may do anything, if techshd runs as that
// user.
func superuser() (name string, ok bool) {
	return "Administrator", windows.GetCurrentProcessToken().IsElevated()
}
