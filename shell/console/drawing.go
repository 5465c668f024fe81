package console

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"github.com/charmbracelet/x/ansi"

	"techsh/shell/lineedit"
)

// A screen is the terminal of a process, on which its consoles draw. All output,
// including that of the line editor and of remote programs, is written under the lock
// of the screen. Only the method erase removes the status line.
//
// The editor's methods may be called under the lock, because they only notify the
// goroutine that draws the line.
type screen struct {
	out, err Stream           // the underlying streams; the status line is on err
	editor   *lineedit.Editor // the editor of the prompt, or nil

	mu      sync.Mutex
	loan    *Loan   // set while the terminal is lent to a remote program
	asking  bool    // the editor is reading the answer to a question
	open    *Stream // the stream, out or err, whose last line is incomplete; or nil
	columns int     // width of the status line; 0 if there is none
	held    int     // number of running calls of hold, which hide the status line
}

// width returns the width of the window in columns.
func (s *screen) width() int {
	if columns, _, ok := s.err.Size(); ok {
		return columns
	}
	return 80
}

// Columns returns the width of the window, or 80 if there is none.
func (c *Console) Columns() int { return c.screen.width() }

// setStatus replaces the status line; "" erases it. The status line is not drawn over
// an incomplete line.
func (s *screen) setStatus(line string) {
	if job, ok := s.err.w.(jobWriter); ok {
		job.to.setStatus(line)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if line == "" || s.held > 0 || s.loan != nil || s.open != nil && s.open.Terminal {
		s.erase()
		return
	}
	fmt.Fprint(s.err, s.statusStart()+line+eraseToEnd)
	s.columns = ansi.StringWidth(line)
}

const eraseToEnd = "\x1b[K" // ECMA-48 EL: erases from the cursor to the end of the line

// statusStart returns the sequence that moves the cursor to the beginning of the
// status line, which occupies several rows if the window has become narrower.
func (s *screen) statusStart() string {
	if above := (s.columns - 1) / max(s.width(), 1); above > 0 {
		return fmt.Sprintf("\x1b[%dA\r\x1b[J", above)
	}
	return "\r"
}

// erase removes the status line. s.mu must be held.
func (s *screen) erase() {
	if s.columns > 0 {
		fmt.Fprint(s.err, s.statusStart()+eraseToEnd)
	}
	s.columns = 0
}

// endLine completes an incomplete line on the terminal. If piped is set and the
// incomplete line was written to a file or to another program, endLine also begins a new
// line on the terminal, because the other program may print the incomplete line there.
// s.mu must be held.
func (s *screen) endLine(piped bool) {
	switch {
	case s.open == nil:
		return
	case s.open.Terminal:
		fmt.Fprint(s.open, "\n")
	case piped:
		fmt.Fprint(s.err, "\n")
	default:
		return
	}
	s.open = nil
}

// print prints complete lines to standard error.
func (s *screen) print(lines string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.printLocked(lines, false)
}

func (s *screen) printLocked(lines string, piped bool) {
	s.erase()
	s.endLine(piped)
	fmt.Fprint(s.err, lines)
}

// announce prints a line of news. While a line is being typed, the news appears above it.
// If the terminal is lent to a program and the program has printed something, the news is
// held back until the end of the loan.
func (s *screen) announce(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.isReading():
		s.editor.Notify(line)
	case !s.err.Terminal:
	case s.loan != nil && s.loan.keepNews(line):
	default:
		s.printLocked(line, true)
	}
}

// trace prints lines unless a line is being typed or the terminal is lent.
func (s *screen) trace(lines string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isReading() || s.err.Terminal && s.loan != nil {
		return
	}
	s.printLocked(lines, s.err.Terminal)
}

// isReading reports whether the editor is reading a line or an answer.
func (s *screen) isReading() bool { return s.editor != nil && (s.asking || s.editor.Idle()) }

// replaceLine prints complete lines over the line with the cursor.
func (s *screen) replaceLine(lines string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	fmt.Fprint(s.err, "\r"+eraseToEnd+lines)
}

// setLineStart records that the cursor is at the beginning of a line.
func (s *screen) setLineStart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = nil
}

// hold calls the function do and hides the status line meanwhile.
func (s *screen) hold(do func()) {
	s.addHold(1)
	defer s.addHold(-1)
	do()
}

func (s *screen) addHold(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	s.held += n
}

// ask hides the status line while it calls the function do, which reads an answer.
func (s *screen) ask(do func()) {
	s.hold(func() {
		s.setAsking(true)
		defer s.setAsking(false)
		do()
	})
}

// setAsking records whether a question is being asked. It also records that the cursor is
// at the beginning of a line.
func (s *screen) setAsking(asking bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if asking {
		s.endLine(false)
	}
	s.asking, s.open = asking, nil
}

// A trackedWriter writes to a stream of a screen. It erases the status line first,
// and records whether the last line is complete.
type trackedWriter struct {
	screen *screen
	stream *Stream // out or err of the screen
}

func (w trackedWriter) Write(p []byte) (int, error) {
	s := w.screen
	s.mu.Lock()
	defer s.mu.Unlock()
	if w.stream.Terminal {
		s.erase()
	}
	switch ends := bytes.HasSuffix(p, []byte{'\n'}); {
	case len(p) == 0:
	case ends && (w.stream.Terminal || s.open == w.stream):
		s.open = nil
	case !ends && (w.stream.Terminal || w.stream == &s.out):
		s.open = w.stream
	}
	return w.stream.Write(p)
}

// A drawingWriter writes text with control sequences, such as a picture or the line that
// is being typed, to the terminal of a screen.
type drawingWriter struct {
	screen *screen
	stream Stream
}

func (w drawingWriter) Write(p []byte) (int, error) {
	w.screen.mu.Lock()
	defer w.screen.mu.Unlock()
	w.screen.erase()
	return w.stream.Write(p)
}

// EditorStreams returns the streams on which a line editor draws.
func (c *Console) EditorStreams() (out, err Stream) {
	out, err = c.screen.out, c.screen.err
	out.w = drawingWriter{c.screen, c.screen.out}
	err.w = drawingWriter{c.screen, c.screen.err}
	return out, err
}

// Terminal returns a writer for control sequences and pictures.
func (c *Console) Terminal() io.Writer { return drawingWriter{c.screen, c.screen.out} }
