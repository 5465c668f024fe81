package console

import (
	"bytes"
	"fmt"
	"io"
	"sync"

	"github.com/charmbracelet/x/ansi"

	"techsh/shell/lineedit"
)

// A screen is the terminal that the consoles of a process draw on. Everything that
// is drawn, by the line editor and by remote programs too, is drawn under its lock,
// and erase is the only way in which the status line is removed.
//
// The editor's methods may be called under the lock: they only leave word for the
// goroutine that draws the line.
type screen struct {
	out, err Stream           // the streams below the tracking; the status line is on err
	editor   *lineedit.Editor // of the prompt, or nil

	mu      sync.Mutex
	loan    *Loan   // of the terminal to a remote program, or nil
	asking  bool    // the editor reads the answer to a question
	open    *Stream // the stream whose last line has no end yet, out or err; or nil
	columns int     // of the status line; 0 is none
	held    int     // how many calls of hold keep the status line away
}

// width returns the width of the window, in columns.
func (s *screen) width() int {
	if columns, _, ok := s.err.Size(); ok {
		return columns
	}
	return 80
}

// Columns returns the width of the window, or 80 where there is none.
func (c *Console) Columns() int { return c.screen.width() }

// setStatus draws the status line in place of the one before; "" erases it. It is
// not drawn over a line that is open.
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

const eraseToEnd = "\x1b[K" // ECMA-48 EL: from the cursor to the end of the line

// statusStart returns what moves the cursor to the beginning of the status line: in
// a window that has become narrower the line has several rows.
func (s *screen) statusStart() string {
	if above := (s.columns - 1) / max(s.width(), 1); above > 0 {
		return fmt.Sprintf("\x1b[%dA\r\x1b[J", above)
	}
	return "\r"
}

// erase removes the status line. The caller holds the lock.
func (s *screen) erase() {
	if s.columns > 0 {
		fmt.Fprint(s.err, s.statusStart()+eraseToEnd)
	}
	s.columns = 0
}

// endLine ends the line that is open on the terminal. What is written to a file or
// to another program, which may print it on the same terminal, counts if piped is
// set. The caller holds the lock.
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

// print prints whole lines on standard error, below what is on the terminal.
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

// announce prints a line that nothing has asked for: above the line that is being
// typed, or after a program has given the terminal back.
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

// trace prints lines, unless a line is being typed or a program has the terminal.
func (s *screen) trace(lines string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isReading() || s.err.Terminal && s.loan != nil {
		return
	}
	s.printLocked(lines, s.err.Terminal)
}

// isReading reports whether the editor reads a line or an answer.
func (s *screen) isReading() bool { return s.editor != nil && (s.asking || s.editor.Idle()) }

// replaceLine prints whole lines in place of the line of the cursor.
func (s *screen) replaceLine(lines string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	fmt.Fprint(s.err, "\r"+eraseToEnd+lines)
}

// setLineStart tells that the cursor is at the beginning of a line.
func (s *screen) setLineStart() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = nil
}

// hold keeps the status line away while do runs.
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

// ask keeps the status line away while do reads an answer.
func (s *screen) ask(do func()) {
	s.hold(func() {
		s.setAsking(true)
		defer s.setAsking(false)
		do()
	})
}

// setAsking begins or ends a question. The line of its answer has an end.
func (s *screen) setAsking(asking bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if asking {
		s.endLine(false)
	}
	s.asking, s.open = asking, nil
}

// A trackedWriter prints on a stream of a screen: the status line makes room, and
// the screen remembers whether the last line is open.
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

// A drawingWriter draws on the terminal of a screen: control sequences, pictures, the
// line that is being typed.
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

// Terminal returns a writer for control sequences and pictures on the terminal,
// which print no lines.
func (c *Console) Terminal() io.Writer { return drawingWriter{c.screen, c.screen.out} }
