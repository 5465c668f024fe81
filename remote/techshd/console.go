package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/term"

	"techsh/codec"
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
// that happens, and below them the question that waits for an answer.
type console struct {
	colours

	mu       sync.Mutex
	w        io.Writer
	question string
}

func newConsole(w io.Writer, c colours) *console { return &console{w: w, colours: c} }

// log returns the logger whose records the console shows.
func (c *console) log() *slog.Logger { return slog.New(handler{console: c, muted: new(atomic.Bool)}) }

// show writes a line, above the question if there is one.
func (c *console) show(line string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.question != "" {
		line = "\n" + line
	}
	_, err := io.WriteString(c.w, line+"\n"+c.question)
	return err
}

// ask shows a question, which stays in view until answered, and returns when
// it has.
func (c *console) ask(question string) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.question = c.paint(bold, question)
	_, _ = io.WriteString(c.w, c.question) // who cannot see it cannot answer
	return time.Now()
}

// answered takes the question away. why says why, if nobody answered it.
func (c *console) answered(why string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.question = ""
	if why != "" {
		_, _ = io.WriteString(c.w, "\n"+c.paint(faint, why)+"\n")
	}
}

// A handler makes lines for the console of records: the time of day, who, and
// what happens.
type handler struct {
	console *console
	attrs   []slog.Attr
	muted   *atomic.Bool // this session's last call is not shown, nor is how it ends
}

func (h handler) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.console, slices.Concat(h.attrs, attrs), new(atomic.Bool)}
}

func (h handler) WithGroup(string) slog.Handler { return h }

// Handle shows one record.
func (h handler) Handle(_ context.Context, r slog.Record) error {
	f := fields(slices.Clone(h.attrs))
	r.Attrs(func(a slog.Attr) bool { f = append(f, a); return true })
	if h.hides(r.Message, f) {
		return nil
	}
	who := ""
	if session := f.take("session"); session != "" {
		who = "#" + session + " "
	}
	if peer := f.take("peer"); peer != "" {
		who += peer + "  "
	}
	text := f.sentence(codec.Show(r.Message))
	look := plain
	switch {
	case r.Level >= slog.LevelWarn:
		look = red
	case r.Message == "says":
		look = bold
	}
	c := h.console
	return c.show(c.paint(faint, r.Time.Format("15:04:05")) + " " + c.paint(cyan, who) + c.paint(look, text))
}

// hides says whether a record is not worth a line: what Tab asks while somebody
// types a name, and that say was called, since what it says comes by itself.
func (h handler) hides(message string, f fields) bool {
	words := f.value("words")
	switch {
	case message == "dir" && (words == "-c" || strings.HasPrefix(words, "-c ")), message == "say":
		h.muted.Store(true)
		return true
	case message == "failed" || message == "done":
		return h.muted.Load()
	}
	h.muted.Store(false)
	return false
}

// fields are the attributes of a record of which nothing is said yet.
type fields []slog.Attr

func (f fields) value(key string) string {
	if i := slices.IndexFunc(f, func(a slog.Attr) bool { return a.Key == key }); i >= 0 {
		return f[i].Value.String()
	}
	return ""
}

// take takes an attribute out and returns its text, fit for a terminal.
func (f *fields) take(key string) string {
	text := f.value(key)
	*f = slices.DeleteFunc(*f, func(a slog.Attr) bool { return a.Key == key })
	return codec.Show(text)
}

// behind is take with something in front, unless there is nothing to take.
func (f *fields) behind(front, key string) string {
	if text := f.take(key); text != "" {
		return front + text
	}
	return ""
}

// sentence says what a record says.
func (f *fields) sentence(message string) string {
	var text, stack string
	may := strings.ReplaceAll(f.take("may"), ",", " ")
	switch message {
	case "connected":
		f.take("id")
		text = message + f.behind(" from ", "from") + ", may " + may
	case "paired":
		text = message + f.behind(", ID ", "id") + ", may " + may
	case "rights":
		text = "may now " + may
	case "disconnected":
		text = message + f.behind(": ", "err")
	case "refused":
		text = message + f.behind(" ", "from") + f.behind(": ", "err")
	case "says":
		text = message + f.behind(": ", "text")
	case "asked":
		text = message + f.behind(" about ", "verb") + f.behind(" ", "words") + f.behind(": ", "answer")
	case "failed":
		text = f.take("verb") + " " + message + f.behind(": ", "err")
		f.take("took")
	case "done":
		text = f.take("verb") + " " + message + f.behind(" in ", "took")
	case "panic":
		stack = "\n" + codec.ShowLines(f.value("stack"))
		f.take("stack")
		text = message
	default:
		text = message + f.behind(" ", "words")
	}
	for _, a := range *f {
		text += " " + codec.Show(a.Key) + "=" + codec.Name(a.Value.String())
	}
	return text + stack
}
