package console

import (
	"io"
	"os"

	"golang.org/x/term"
)

// A stdoutWriter names standard output in its errors.
type stdoutWriter struct{ w io.Writer }

// NewStdoutWriter returns a writer to w whose errors say that it is standard
// output that cannot be written.
func NewStdoutWriter(w io.Writer) io.Writer { return stdoutWriter{w} }

func (o stdoutWriter) Write(b []byte) (int, error) {
	n, err := o.w.Write(b)
	return n, AboutStream("standard output", err)
}

// A Stream is one of the process's standard streams.
type Stream struct {
	File     *os.File
	Terminal bool
	Color    bool // text may be colored

	w       io.Writer // what Write writes to instead of File, or nil
	program io.Writer // what ForProgram returns instead of File, or nil
}

// Read reads from the file.
func (s Stream) Read(p []byte) (int, error) { return s.File.Read(p) }

// Write writes to the file, or to what takes its place in a view.
func (s Stream) Write(p []byte) (int, error) {
	if s.w != nil {
		return s.w.Write(p)
	}
	return s.File.Write(p)
}

// NewStream returns the stream of a file: a terminal if the file is one.
func NewStream(f *os.File) Stream { return Stream{File: f, Terminal: term.IsTerminal(int(f.Fd()))} }

// Size returns the size of the window of a terminal, in characters; ok reports
// whether it is known.
func (s Stream) Size() (columns, rows int, ok bool) {
	if s.File == nil {
		return 0, 0, false
	}
	columns, rows, err := term.GetSize(int(s.Fd()))
	return columns, rows, err == nil && columns > 0 && rows > 0
}

// Fd returns the descriptor of the file.
func (s Stream) Fd() uintptr { return s.File.Fd() }

// ForProgram returns the writer for the output of a local program: the file itself
// where that is possible.
func (s Stream) ForProgram() io.Writer {
	if s.program != nil {
		return s.program
	}
	return s.File
}
