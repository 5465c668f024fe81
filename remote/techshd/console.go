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

// A style is the look of text on a terminal (ECMA-48, SGR).
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

// colours reports whether styles show.
type colours bool

// coloursOf returns whether f shows styles: only a terminal does, and only if its user
// wants them.
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

// A console is what the person at this computer sees: a line for each event, and
// below the lines the question that waits for an answer. A goroutine of its own
// writes, so that logging never waits for a paused terminal or a full pipe.
type console struct {
	colours
	w     io.Writer
	ended chan struct{} // closed when nothing will be written any more

	mu       sync.Mutex
	changed  sync.Cond
	lines    []string  // that wait to be written, at most maxLines
	missed   int       // lines after those, for which there was no room
	question *question // that waits for an answer
	behind   bool      // the cursor stands behind a question
	closed   bool
}

const (
	maxLines     = 1000
	flushTimeout = time.Second
)

// A question is a question to the person at the console.
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

// close writes what waits to be written, for at most a second: a paused terminal
// must not keep the process from ending.
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

// write writes until close. Errors are dropped, as there is no other place for them.
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

// next waits for something to write, and returns it with the question below. There
// is no more when the console is closed.
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

// show queues a line, which is written above the question. After a line for which
// there was no room, the queue takes no more until it is empty, so that the note
// about the missing lines stands in their place.
func (c *console) show(line string) {
	c.change(func() {
		if c.missed > 0 || len(c.lines) == maxLines {
			c.missed++
			return
		}
		c.lines = append(c.lines, line)
	})
}

// ask shows a question below all lines until it is answered. shown is closed when it
// is visible.
func (c *console) ask(text string) (shown <-chan struct{}) {
	q := &question{text: c.paint(bold, text), shown: make(chan struct{})}
	c.change(func() { c.question = q })
	return q.shown
}

// answered removes the question, after which its answer was typed.
func (c *console) answered() {
	c.change(func() { c.question, c.behind = nil, false })
}

// withdraw removes the question and shows why.
func (c *console) withdraw(why string) {
	c.change(func() { c.question = nil })
	c.show(c.paint(faint, why))
}
