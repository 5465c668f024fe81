package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/term"
)

// A style is an attribute of text on a terminal (ECMA-48, SGR).
type style string

const (
	plain  style = ""
	bold   style = "1"
	faint  style = "2"
	red    style = "31"
	green  style = "32"
	yellow style = "33"
	cyan   style = "36"
)

// colours is true if text is shown with styles.
type colours bool

// coloursOf reports whether f shows styles. Only a terminal does so, unless its user has
// switched them off.
func coloursOf(f *os.File) colours {
	return colours(isTerminal(f) && os.Getenv("NO_COLOR") == "" && obeysEscapes(f))
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

func (c colours) paint(s style, text string) string {
	if !c || s == plain || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

// A console shows the person at this computer a line for each event and, below the lines,
// the question that waits for an answer. A separate goroutine writes, so that logging
// never waits for a paused terminal or a full pipe.
type console struct {
	colours
	w     io.Writer
	ended chan struct{} // closed when the goroutine that writes has ended

	mu       sync.Mutex
	changed  sync.Cond
	lines    []string  // lines that wait to be written, at most maxLines
	missed   int       // the number of lines after these that were dropped
	question *question // that waits for an answer
	behind   bool      // the cursor is after a question
	closed   bool
}

const (
	maxLines     = 1000
	flushTimeout = time.Second
)

// A question is a question to the person at the console.
type question struct {
	text  string
	drawn bool          // used by the goroutine that writes
	shown chan struct{} // closed when it can be seen
}

// newConsole returns a console that writes to w until it is closed.
func newConsole(w io.Writer, c colours) *console {
	con := &console{colours: c, w: w, ended: make(chan struct{})}
	con.changed.L = &con.mu
	go con.write()
	return con
}

// close writes the waiting lines, for at most a second, because a paused terminal must
// not prevent the process from ending.
func (c *console) close() {
	c.change(func() { c.closed = true })
	select {
	case <-c.ended:
	case <-time.After(flushTimeout):
	}
}

func (c *console) change(what func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	what()
	c.changed.Signal()
}

// write writes until close. Errors are dropped, because they cannot be reported anywhere
// else.
func (c *console) write() {
	defer close(c.ended)
	for {
		text, q, more := c.next()
		if !more {
			return
		}
		_, _ = io.WriteString(c.w, text)
		if q != nil && !q.drawn {
			q.drawn = true
			close(q.shown)
		}
	}
}

// next waits for text to write, and returns it with the question that goes below. more is
// false when the console is closed.
func (c *console) next() (text string, below *question, more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		below = c.question
		switch {
		case len(c.lines) > 0:
			text, c.lines = c.lines[0]+"\n", c.lines[1:]
		case c.missed > 0:
			text, c.missed = c.paint(red, fmt.Sprintf("… %d lines were not shown", c.missed))+"\n", 0
		case below != nil && !below.drawn:
		case c.closed:
			return "", nil, false
		default:
			c.changed.Wait()
			continue
		}
		if c.behind {
			text = "\n" + text
		}
		if c.behind = below != nil; c.behind {
			text += below.text
		}
		return text, below, true
	}
}

// log returns the logger whose records the console shows.
func (c *console) log() *slog.Logger { return slog.New(handler{console: c, muted: new(atomic.Bool)}) }

// show queues a line, which is written above the question. Once a line had to be dropped,
// show drops all lines until the queue is empty, so that the note about missing lines is
// in their place.
func (c *console) show(line string) {
	c.change(func() {
		if c.missed > 0 || len(c.lines) == maxLines {
			c.missed++
			return
		}
		c.lines = append(c.lines, line)
	})
}

// ask shows a question below all lines until the method answered or withdraw is called.
// shown is closed when the question is visible.
func (c *console) ask(text string) (shown <-chan struct{}) {
	q := &question{text: c.paint(bold, text), shown: make(chan struct{})}
	c.change(func() { c.question = q })
	return q.shown
}

// answered removes the question after its answer was typed.
func (c *console) answered() {
	c.change(func() { c.question, c.behind = nil, false })
}

// withdraw removes the question and shows the reason.
func (c *console) withdraw(why string) {
	c.change(func() { c.question = nil })
	c.show(c.paint(faint, why))
}
