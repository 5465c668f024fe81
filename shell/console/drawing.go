package console

import (
	"fmt"
	"io"
	"sync"
	"sync/atomic"

	"github.com/charmbracelet/x/ansi"

	"techsh/shell/lineedit"
)

// A screen is the terminal that several consoles draw on: one lock for all that
// is drawn, and one way to erase the status line.
type screen struct {
	err    Stream           // where the status line is
	editor *lineedit.Editor // of the prompt, or nil
	loan   atomic.Pointer[Loan]

	mu      sync.Mutex
	open    bool // the last line on standard output has no end yet
	columns int  // of the status line; 0 is none
	held    bool // no status line is drawn
}

func newScreen(err Stream) *screen { return &screen{err: err} }

// width is that of the window, in columns.
func (s *screen) width() int {
	if columns, _, ok := s.err.Size(); ok {
		return columns
	}
	return 80
}

// Columns returns the width of the window, or 80 where there is none.
func (c *Console) Columns() int { return c.screen.width() }

// status draws the status line in place of the one before; "" erases it.
func (s *screen) status(line string) {
	if job, ok := s.err.w.(jobWriter); ok {
		job.to.status(line)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if line == "" || s.held {
		s.erase()
		return
	}
	fmt.Fprint(s.err, s.back()+line+eraseToEnd)
	s.columns = ansi.StringWidth(line)
}

const eraseToEnd = "\x1b[K" // ECMA-48 EL: from the cursor to the end of the line

// back moves to the beginning of the status line: in a window that has become
// narrower that is rows above.
func (s *screen) back() string {
	if above := (s.columns - 1) / max(s.width(), 1); above > 0 {
		return fmt.Sprintf("\x1b[%dA\r\x1b[J", above)
	}
	return "\r"
}

// erase removes the status line. The caller holds the lock.
func (s *screen) erase() {
	if s.columns > 0 {
		fmt.Fprint(s.err, s.back()+eraseToEnd)
	}
	s.columns = 0
}

// interject prints whole lines below what is on the terminal.
func (s *screen) interject(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open {
		text, s.open = "\n"+text, false
	}
	s.erase()
	fmt.Fprint(s.err, text)
}

// replaceLine prints whole lines in place of the line that the cursor is in.
func (s *screen) replaceLine(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	fmt.Fprint(s.err, "\r"+eraseToEnd+text)
}

// endLine ends a line that is open.
func (s *screen) endLine(out Stream) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open {
		s.erase()
		fmt.Fprint(out.raw(), "\n")
		s.open = false
	}
}

func (s *screen) setOpen(open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = open
}

// hold keeps the status line away while do runs.
func (s *screen) hold(do func()) {
	s.mu.Lock()
	s.erase()
	s.held = true
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.held = false
		s.mu.Unlock()
	}()
	do()
}

// A trackedWriter writes to a stream of a screen: the status line gives way, and
// the screen knows whether the last line is open.
type trackedWriter struct {
	screen      *screen
	stream      Stream
	tracksLines bool
}

func (w *trackedWriter) Write(p []byte) (int, error) {
	w.screen.mu.Lock()
	defer w.screen.mu.Unlock()
	if w.stream.Terminal {
		w.screen.erase()
	}
	if w.tracksLines && len(p) > 0 {
		w.screen.open = p[len(p)-1] != '\n'
	}
	return w.stream.Write(p)
}

func (w *trackedWriter) raw() io.Writer { return w.stream }
