package main

import (
	"context"
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

// coloursOf reports whether f shows styles. Only a terminal shows styles, unless its user
// has switched off styles.
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
// does not wait for a paused terminal or a full pipe.
//
// Lines of sessions are never dropped. If a session makes lines faster than they can be
// written, that session waits, see await. Other sessions do not.
type console struct {
	colours
	w     io.Writer
	ended chan struct{} // closed when the goroutine that writes has ended

	mu       sync.Mutex
	changed  sync.Cond
	lines    []*logLine     // lines that wait to be written
	total    int            // the bytes of all waiting lines
	waiting  map[string]int // the bytes of the waiting lines of each peer
	room     chan struct{}  // closed to wake waiting sessions; nil if none waits
	repeated []*source      // the sources that have shown something since the timer was started
	timer    *time.Timer    // calls countRepeated; nil if it is not running
	note     *logLine       // the waiting line that counts dropped lines; may be nil
	question *question      // the question that waits for an answer, or nil
	behind   bool           // the cursor is after a question
	closed   bool
}

const (
	maxWaiting     = 256 << 10      // bytes of the waiting lines of a session; with more, the session waits
	maxPeerWaiting = 2 * maxWaiting // bytes of the waiting lines of a peer; with more, its new sessions wait
	maxAllWaiting  = 16 << 20       // bytes of all waiting lines; with more, all new sessions wait
	repeatDelay    = time.Second    // during this time, repeated lines are counted instead of shown
	maxTexts       = 100            // the number of texts of a session that are checked for repetition
	flushTimeout   = time.Second
)

// A logLine waits to be written.
type logLine struct {
	text   string
	from   *source
	missed int // the number of dropped lines that this line is about; 0 for other lines
}

// A source is a session, or the server itself. The lock of the console guards it.
type source struct {
	peer    string
	waiting int            // bytes of its lines that wait to be written
	repeats map[string]int // how often each text of the last second was repeated
	texts   []string       // the texts in repeats, in the order in which they were shown
}

// A question is a question to the person at the console.
type question struct {
	text  string
	drawn bool          // whether it was written; used only by the goroutine that writes
	shown chan struct{} // closed when it can be seen
}

// newConsole returns a console that writes to w until it is closed.
func newConsole(w io.Writer, c colours) *console {
	con := &console{colours: c, w: w, ended: make(chan struct{}), waiting: map[string]int{}}
	con.changed.L = &con.mu
	go con.write()
	return con
}

// close writes the waiting lines, for at most a second, because a paused terminal must
// not prevent the process from ending. After that no session waits for the console.
func (c *console) close() {
	c.change(func() {
		c.countRepeated()
		c.closed = true
		c.makeRoom()
	})
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

// write writes all text until the console is closed. It ignores errors, because they
// cannot be reported anywhere else.
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

// next waits for text to write, and returns it. If there is a question, the text ends
// with the question, and the result below is the question. more is false when the console
// is closed and nothing is left to write.
func (c *console) next() (text string, below *question, more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		below = c.question
		switch {
		case len(c.lines) > 0:
			text = c.take() + "\n"
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

// log returns a logger whose records the console shows. If the context of a record can
// end, logging the record waits until there is room, see await.
func (c *console) log() *slog.Logger {
	return slog.New(handler{console: c, muted: new(atomic.Bool), source: new(source)})
}

// clock returns the beginning of a line: the time of day.
func (c *console) clock(at time.Time) string { return c.paint(faint, at.Format(time.TimeOnly)) + " " }

// take removes the first line and returns its text.
func (c *console) take() string {
	l := c.lines[0]
	c.lines = c.lines[1:]
	if l == c.note {
		c.note = nil
		return c.paint(red, fmt.Sprintf("… %d lines were not shown", l.missed))
	}
	n := len(l.text)
	c.total -= n
	l.from.waiting -= n
	if c.waiting[l.from.peer] -= n; c.waiting[l.from.peer] == 0 {
		delete(c.waiting, l.from.peer)
	}
	c.makeRoom()
	return l.text
}

// makeRoom wakes the sessions that wait.
func (c *console) makeRoom() {
	if c.room != nil {
		close(c.room)
		c.room = nil
	}
}

// await waits until there is room for a line of the session that from represents, or
// until ctx ends. begins reports whether the session is new. A new session also waits
// while its peer, or all peers together, have too many waiting lines.
func (c *console) await(ctx context.Context, from *source, begins bool) error {
	for {
		c.mu.Lock()
		full := from.waiting >= maxWaiting ||
			begins && (c.waiting[from.peer] >= maxPeerWaiting || c.total >= maxAllWaiting)
		if !full || c.closed {
			c.mu.Unlock()
			return nil
		}
		if c.room == nil {
			c.room = make(chan struct{})
		}
		room := c.room
		c.mu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// show queues a line, which is written above the question. text is the line without its
// time. If the source has shown the same text within the last second, the line is only
// counted.
func (c *console) show(from *source, at, text string) {
	c.change(func() {
		if _, ok := from.repeats[text]; ok {
			from.repeats[text]++
			return
		}
		c.queue(from, at+text)
		if len(from.texts) == maxTexts || c.closed {
			return
		}
		if from.repeats == nil {
			from.repeats = map[string]int{}
			c.repeated = append(c.repeated, from)
		}
		from.repeats[text] = 0
		from.texts = append(from.texts, text)
		if c.timer == nil {
			c.timer = time.AfterFunc(repeatDelay, func() { c.change(c.countRepeated) })
		}
	})
}

// showUnlessFull is like show, but if many lines of the source wait, it drops the line
// and counts it in a note.
func (c *console) showUnlessFull(from *source, at, text string) {
	c.mu.Lock()
	full := from.waiting >= maxWaiting
	if full && c.note == nil {
		c.note = &logLine{from: from}
		c.lines = append(c.lines, c.note)
	}
	if full {
		c.note.missed++
	}
	c.mu.Unlock()
	if !full {
		c.show(from, at, text)
	}
}

// queue adds a line to those that wait.
func (c *console) queue(from *source, text string) {
	c.lines = append(c.lines, &logLine{text: text, from: from})
	from.waiting += len(text)
	c.total += len(text)
	c.waiting[from.peer] += len(text)
}

// countRepeated queues each line that was repeated in the last second, with the number of
// repetitions. Counting then starts again.
func (c *console) countRepeated() {
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
	at := c.clock(time.Now())
	for _, from := range c.repeated {
		for _, text := range from.texts {
			switch n := from.repeats[text]; n {
			case 0:
			case 1:
				c.queue(from, at+text)
			default:
				c.queue(from, fmt.Sprintf("%s%s x %d", at, text, n))
			}
		}
		from.repeats, from.texts = nil, nil
	}
	c.repeated = nil
}

// ask shows a question below all lines until one of the methods answered and withdraw is
// called. shown is closed when the question is visible.
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
	c.change(func() {
		c.question = nil
		c.queue(new(source), c.paint(faint, why))
	})
}
