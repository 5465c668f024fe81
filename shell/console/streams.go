package console

import (
	"io"
	"os"

	"golang.org/x/term"
)

// A stdoutWriter adds "standard output" to its errors.
type stdoutWriter struct{ w io.Writer }

// NewStdoutWriter returns a writer to w whose errors mention standard output.
func NewStdoutWriter(w io.Writer) io.Writer { return stdoutWriter{w} }

func (o stdoutWriter) Write(b []byte) (int, error) {
	n, err := o.w.Write(b)
	return n, AboutStream("standard output", err)
}

// A Stream is one of the process's standard streams.
type Stream struct {
	File     *os.File
	Terminal bool
	Color    bool // text for the stream is colored
	Always   bool // text is colored even if it is written to a file

	w       io.Writer // if not nil, Write writes to it instead of File
	program io.Writer // if not nil, ForProgram returns it instead of File
}

// Read reads from the file.
func (s Stream) Read(p []byte) (int, error) { return s.File.Read(p) }

// Write writes to the field w if it is set, and to the file otherwise.
func (s Stream) Write(p []byte) (int, error) {
	if s.w != nil {
		return s.w.Write(p)
	}
	return s.File.Write(p)
}

// NewStream returns the stream of a file, and checks whether it is a terminal.
func NewStream(f *os.File) Stream { return Stream{File: f, Terminal: term.IsTerminal(int(f.Fd()))} }

// Size returns the size of a terminal's window in characters; ok is false if it is
// unknown.
func (s Stream) Size() (columns, rows int, ok bool) {
	if s.File == nil {
		return 0, 0, false
	}
	columns, rows, err := term.GetSize(int(s.Fd()))
	return columns, rows, err == nil && columns > 0 && rows > 0
}

// Fd returns the file descriptor.
func (s Stream) Fd() uintptr { return s.File.Fd() }

// ForProgram returns the writer for the output of a local program, which is the file
// itself if possible.
func (s Stream) ForProgram() io.Writer {
	if s.program != nil {
		return s.program
	}
	return s.File
}
