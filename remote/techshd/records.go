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

// A handler converts log records to lines of the console: the time of day, the peer, and
// the event.
type handler struct {
	console *console
	attrs   []slog.Attr
	muted   *atomic.Bool // the last call of the session was hidden, so the record of its end is hidden too
	source  *source
}

func (h handler) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	all := slices.Concat(h.attrs, attrs)
	return handler{h.console, all, new(atomic.Bool), &source{peer: fields(all).value("peer")}}
}

func (h handler) WithGroup(string) slog.Handler { return h }

// Handle shows one record. If ctx can end, Handle first waits until the console has room.
// If ctx ends meanwhile, it returns an error and shows nothing.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	f := fields(slices.Clone(h.attrs))
	r.Attrs(func(a slog.Attr) bool { f = append(f, a); return true })
	if h.hides(r.Message, f) {
		return nil
	}
	if ctx.Done() != nil {
		if err := h.console.await(ctx, h.source, r.Message == "connected"); err != nil {
			return err
		}
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
	show := c.show
	if r.Message == "refused" && len(h.attrs) == 0 { // this line may be dropped, since strangers can cause it
		show = c.showUnlessFull
	}
	show(h.source, c.clock(r.Time), c.paint(cyan, who)+c.paint(look, text))
	return nil
}

// hides reports whether a record must not be shown. It returns true for calls that
// complete a word, for calls of SAY, whose text is shown on its own line, and for the
// ends of these calls.
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

// fields are the attributes of a record that have not been used for the line yet.
type fields []slog.Attr

func (f fields) value(key string) string {
	if i := slices.IndexFunc(f, func(a slog.Attr) bool { return a.Key == key }); i >= 0 {
		return f[i].Value.String()
	}
	return ""
}

// take removes an attribute and returns its text in a form that is safe to show.
func (f *fields) take(key string) string {
	text := f.value(key)
	*f = slices.DeleteFunc(*f, func(a slog.Attr) bool { return a.Key == key })
	return brief(codec.Show(text))
}

// takeAfter is like take, but puts front before the text unless the text is empty.
func (f *fields) takeAfter(front, key string) string {
	if text := f.take(key); text != "" {
		return front + text
	}
	return ""
}

// sentence returns a record as a sentence.
func (f *fields) sentence(message string) string {
	var text, stack string
	may := strings.ReplaceAll(f.take("may"), ",", " ")
	switch message {
	case "connected":
		f.take("id")
		text = message + f.takeAfter(" from ", "from") + ", may " + may
	case "paired":
		text = message + f.takeAfter(", ID ", "id") + ", may " + may
	case "rights":
		text = "may now " + may
	case "disconnected":
		text = message + f.takeAfter(": ", "err")
	case "refused":
		text = message + f.takeAfter(" ", "from") + f.takeAfter(": ", "err")
	case "says":
		text = message + f.takeAfter(": ", "text")
	case "asked":
		text = message + f.takeAfter(" about ", "verb") + f.takeAfter(" ", "words") + f.takeAfter(": ", "answer")
	case "failed":
		text = f.take("verb") + " " + message + f.takeAfter(": ", "err")
		f.take("took")
	case "abandoned":
		text = f.take("verb") + f.takeAfter(" ", "words") +
			" hangs and was left alone: its file system may not answer (" + f.take("calls") + " in all)"
	case "ended at last":
		text = f.take("verb") + f.takeAfter(" ", "words") + " has ended at last (" + f.take("calls") + " still hang)"
	case "done":
		text = f.take("verb") + " " + message + f.takeAfter(" in ", "took")
	case "sees":
		text = message + f.takeAfter(" display ", "display") + f.takeAfter(", again every ", "every")
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
		text = message + f.takeAfter(" ", "words")
	}
	for _, a := range *f {
		text += " " + codec.Show(a.Key) + "=" + brief(codec.Name(a.Value.String()))
	}
	return text + stack
}

const (
	maxBlanks = 3   // largest number of consecutive blanks
	maxShown  = 300 // largest number of characters of a text
)

// brief shortens a text for a line, and squeezes its blanks. The audit log keeps more of
// the text.
func brief(text string) string {
	all := []rune(squeeze(text))
	if len(all) <= maxShown {
		return string(all)
	}
	return fmt.Sprintf("%s… %d more", string(all[:maxShown]), len(all)-maxShown)
}

// squeeze replaces many consecutive blanks with a note of their number, because they
// could push the rest of the line out of view.
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
