package shell

import (
	"io"
	"os"
	"sync/atomic"
)

// A Stream is one of the process's standard streams.
type Stream struct {
	File     *os.File
	Terminal bool
	Color    bool // what is printed on it may be coloured

	instead io.Writer // gets what is printed, if it is set
}

// Read reads the file.
func (s Stream) Read(p []byte) (int, error) { return s.File.Read(p) }

// Write prints p.
func (s Stream) Write(p []byte) (int, error) {
	if s.instead != nil {
		return s.instead.Write(p)
	}
	return s.File.Write(p)
}

// Fd is that of the file.
func (s Stream) Fd() uintptr { return s.File.Fd() }

// to is where a program of this side writes what is for the stream.
func (s Stream) to() io.Writer {
	if s.instead != nil {
		return s.instead
	}
	return s.File
}

// A lastLine is a writer that knows whether the last line it has written has
// no end yet.
type lastLine struct {
	w    io.Writer
	away io.Writer // gets what is written instead of w, if it is set: a file, whose lines nobody looks at
	open atomic.Bool
}

func (l *lastLine) Write(p []byte) (int, error) {
	if l.away != nil {
		return l.away.Write(p)
	}
	if len(p) > 0 {
		l.open.Store(p[len(p)-1] != '\n')
	}
	return l.w.Write(p)
}
