package main

import (
	"io"
	"os"

	"golang.org/x/sys/windows"
)

// stdioLog is where a server behind a carrier logs. There is no log of the
// system that can be written without an installation.
func stdioLog() io.Writer { return os.Stderr }

// obeysEscapes says whether the terminal f can show colours.
func obeysEscapes(f *os.File) bool {
	var mode uint32
	h := windows.Handle(f.Fd())
	return windows.GetConsoleMode(h, &mode) == nil &&
		windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}

// dropTyped has the terminal f forget what was typed and not read.
func dropTyped(f *os.File) { _ = windows.FlushConsoleInputBuffer(windows.Handle(f.Fd())) }

// master returns what the user who may do anything here is called, if we are
// that user.
func master() (name string, ok bool) {
	return "Administrator", windows.GetCurrentProcessToken().IsElevated()
}
