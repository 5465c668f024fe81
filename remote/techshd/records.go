package main

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync/atomic"

	"techsh/codec"
)

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
	c.show(c.paint(faint, r.Time.Format("15:04:05")) + " " + c.paint(cyan, who) + c.paint(look, text))
	return nil
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

// take takes an attribute out and returns its text, fit for the console.
func (f *fields) take(key string) string {
	text := f.value(key)
	*f = slices.DeleteFunc(*f, func(a slog.Attr) bool { return a.Key == key })
	return brief(codec.Show(text))
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
	case "sees":
		text = message + f.behind(" display ", "display") + f.behind(", again every ", "every")
	case "has seen":
		text = message + " 1 picture"
		if n := f.take("pictures"); n != "1" {
			text = message + " " + n + " pictures"
		}
	case "panic":
		stack = "\n" + codec.ShowLines(f.value("stack"))
		f.take("stack")
		text = message
	default:
		text = message + f.behind(" ", "words")
	}
	for _, a := range *f {
		text += " " + codec.Show(a.Key) + "=" + brief(codec.Name(a.Value.String()))
	}
	return text + stack
}

const (
	maxBlanks = 3   // in a row
	maxShown  = 300 // characters of a text
)

// brief cuts a text that is too long for a line, with its blanks squeezed. The
// audit log has more of it.
func brief(text string) string {
	all := []rune(squeeze(text))
	if len(all) <= maxShown {
		return string(all)
	}
	return fmt.Sprintf("%s… %d more", string(all[:maxShown]), len(all)-maxShown)
}

// squeeze shows many blanks in a row as a number, lest they push what follows,
// or what was in front, out of sight.
func squeeze(text string) string {
	var b strings.Builder
	for text != "" {
		rest := strings.TrimLeft(text, " ")
		if n := len(text) - len(rest); n > maxBlanks {
			fmt.Fprintf(&b, "·%d blanks·", n)
		} else {
			b.WriteString(text[:n])
		}
		word := rest
		if end := strings.IndexByte(rest, ' '); end >= 0 {
			word = rest[:end]
		}
		b.WriteString(word)
		text = rest[len(word):]
	}
	return b.String()
}
