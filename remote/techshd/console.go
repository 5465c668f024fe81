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

// A style is how something looks on a terminal (ECMA-48, SGR).
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

// colours says whether styles show.
type colours bool

// coloursOf returns whether f shows them: only a terminal does, and only where
// its user wants them.
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

// A console is what the person at this computer sees: a line for each thing
// that happens, and below them the question that waits for an answer. A
// goroutine of its own writes, so that who logs never waits for a console that
// is paused, or for a pipe that is full.
type console struct {
	colours
	w     io.Writer
	ended chan struct{} // nothing will be written any more

	mu       sync.Mutex
	changed  sync.Cond
	lines    []string  // that wait to be written, at most maxLines
	missed   int       // lines after those for which there was no room
	question *question // that waits for an answer
	behind   bool      // the cursor stands behind a question
	closed   bool
}

const (
	maxLines  = 1000
	flushTime = time.Second
)

// A question is one to the person at the console.
type question struct {
	text  string
	drawn bool          // for the goroutine that writes
	shown chan struct{} // closed when it can be seen
}

// newConsole returns a console that writes to w until it is closed.
func newConsole(w io.Writer, c colours) *console {
	con := &console{colours: c, w: w, ended: make(chan struct{})}
	con.changed.L = &con.mu
	go con.write()
	return con
}

// close writes what waits to be written, for at most a second: a paused console
// keeps nobody from ending. Its goroutine then lives as long as the process.
func (c *console) close() {
	c.change(func() { c.closed = true })
	select {
	case <-c.ended:
	case <-time.After(flushTime):
	}
}

func (c *console) change(what func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	what()
	c.changed.Signal()
}

// write writes whatever comes, until close. It has nobody to tell of an error.
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

// next waits for something to write, and for the question that it has below.
// There is no more when the console is closed.
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

// show has a line written, above the question if there is one. Where there was
// no room for one there is none until all that wait are written, so that the
// note about those that are missing stands in their place.
func (c *console) show(line string) {
	c.change(func() {
		if c.missed > 0 || len(c.lines) == maxLines {
			c.missed++
			return
		}
		c.lines = append(c.lines, line)
	})
}

// ask has a question shown, which stays in view until answered. shown is closed
// when it is.
func (c *console) ask(text string) (shown <-chan struct{}) {
	q := &question{text: c.paint(bold, text), shown: make(chan struct{})}
	c.change(func() { c.question = q })
	return q.shown
}

// answered takes the question away, below which its answer was typed.
func (c *console) answered() {
	c.change(func() { c.question, c.behind = nil, false })
}

// withdraw takes the question away, and says why.
func (c *console) withdraw(why string) {
	c.change(func() { c.question = nil })
	c.show(c.paint(faint, why))
}
