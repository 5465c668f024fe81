package main

import (
	"io"
	"os"
	"strings"

	"golang.org/x/sys/windows"
	"golang.org/x/sys/windows/svc/eventlog"
)

// systemLog returns the event log of Windows. Each line is an event of the source techshd
// in the log Application. The source need not be installed: if it is not, the event
// viewer only adds that it has no description. If there is no event log, nothing is
// logged.
func systemLog() io.Writer {
	log, err := eventlog.Open("techshd")
	if err != nil {
		return io.Discard
	}
	return eventWriter{log}
}

// An eventWriter logs the data of each call of Write as one event.
type eventWriter struct{ log *eventlog.Log }

const maxEvent = 31_000 // bytes of an event; the limit of Windows is 31,839 UTF-16 units

func (w eventWriter) Write(p []byte) (int, error) {
	text := strings.ToValidUTF8(string(p[:min(len(p), maxEvent)]), "")
	return len(p), w.log.Info(1, strings.TrimSpace(text))
}

// hasReader reports whether somebody can read what is written to f, which is a standard
// stream. It returns false for NUL, and for a stream that does not exist, as in a program
// that a service has started.
func hasReader(f *os.File) bool {
	h := windows.Handle(f.Fd())
	kind, err := windows.GetFileType(h)
	var mode uint32
	return err == nil && kind != windows.FILE_TYPE_UNKNOWN &&
		(kind != windows.FILE_TYPE_CHAR || windows.GetConsoleMode(h, &mode) == nil)
}

// openStreams replaces standard streams that do not exist by NUL. On Unix, Go does this.
func openStreams() {
	for _, f := range []**os.File{&os.Stdin, &os.Stdout, &os.Stderr} {
		if kind, err := windows.GetFileType(windows.Handle((*f).Fd())); err == nil && kind != windows.FILE_TYPE_UNKNOWN {
			continue
		}
		if null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0); err == nil {
			*f = null
		}
	}
}

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
