package protocol

import (
	"errors"
	"fmt"
	"strings"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/shell/command"
	"techsh/shell/console"
)

// A message is what has crossed, or would, in a dialect of the course. A frame
// WIRE has it, which comes from the gateway that translates.
type message struct{ dialect.Message }

// head is where m goes, in which dialect.
func (m message) head() string {
	if m.Sent {
		return "> " + m.Dialect
	}
	return "< " + m.Dialect
}

func (m message) length() int64 {
	n := m.Missing
	for _, f := range m.Fields {
		n += int64(len(f.Bytes))
	}
	return n
}

func (m message) missing() string { return andMore(m.Missing) }

// line shows m in a line: direction, dialect, length, what it is made of.
func (m message) line(p console.Palette) string {
	line := p.Bold(fmt.Sprintf("%-6s", m.head())) + p.Dim(fmt.Sprintf(" %7d", m.length())) + " "
	for _, f := range m.Fields {
		line += " " + p.Dim(codec.Show(f.Name)+"=") + paintOf(f, p)(codec.Show(strings.TrimSuffix(f.Bytes, " ")))
	}
	return line + p.Dim(m.missing()) + "\n"
}

// hex shows m byte by byte: direction, offset, bytes, text, and what they are.
func (m message) hex(p console.Palette) string {
	parts := m.parts(p)
	parts[0].name = m.Dialect + ": " + parts[0].name
	return dissected(parts, p.Bold(m.head()[:2]), p)
}

func (m message) parts(p console.Palette) (parts []wireField) {
	for i, f := range m.Fields {
		name := codec.Show(strings.ReplaceAll(f.Name, "-", " "))
		if i+1 < len(m.Fields) && strings.HasSuffix(f.Bytes, " ") {
			name += ", space"
		}
		parts = append(parts, wireField{[]byte(f.Bytes), name, paintOf(f, p)})
	}
	if more := m.missing(); more != "" {
		parts = append(parts, wireField{nil, more, p.Dim})
	}
	return parts
}

func paintOf(f dialect.Field, p console.Palette) func(string) string {
	switch f.Name {
	case "length", "size":
		return p.Host
	case "command":
		return p.Bold
	}
	return p.Path
}

// explainMessage shows a request byte by byte, and what may come.
func explainMessage(env *command.Env, m message) {
	d, err := dialect.Named(m.Dialect)
	if err != nil {
		return // there is a gateway for those that there are
	}
	fmt.Fprintf(env.Console, "%s %s\n%s", env.Console.Paint.Bold(m.head()), env.Console.Paint.Dim(fmt.Sprintf(" %d bytes", m.length())), dissected(m.parts(env.Console.Paint), "", env.Console.Paint))
	fmt.Fprintf(env.Console, "%s %s\n", env.Console.Paint.Bold("< "+m.Dialect), d.MayCome(m.Message))
}

// translated notes what a call is translated into. The lock is held.
func (e *explanation) translated(f codec.Frame) {
	m, err := dialect.ParseMessage(f)
	if n := len(e.calls) - 1; err == nil && e.dialect != "" && m.Sent && n >= 0 {
		e.calls[n].asks = append(e.calls[n].asks, message{m})
	}
}

// untranslatable cuts off a last call for which the dialect has nothing. Otherwise
// err is only what the answer is, which means nothing.
func (e *explanation) untranslatable(calls []sending, err error) ([]sending, error) {
	n := len(calls) - 1
	if e.dialect == "" || n < 0 || len(calls[n].asks) > 0 {
		return calls, nil
	}
	return calls[:n], err
}

// sizes are m's fields, and how many of the bytes are theirs.
func (m message) sizes() string {
	var pairs codec.Pairs
	for _, f := range m.Fields {
		pairs = append(pairs, codec.PairOf(f.Name, int64(len(f.Bytes))))
	}
	return codec.Join(pairs.Words())
}

// recordedMessage is the one of which so much was written down: bytes, to be cut
// into fields by sizes.
func recordedMessage(spoken string, sent bool, length int, sizes string, bytes []byte) (m message, ok bool) {
	m.Dialect, m.Sent, m.Missing = spoken, sent, int64(length-len(bytes))
	_, unknown := dialect.Named(spoken)
	words, werr := codec.Split(sizes)
	pairs, perr := codec.ParsePairs(words)
	for _, p := range pairs {
		n, isNumber := codec.ParseNumber(p.Value)
		if !isNumber || n < 0 || n > int64(len(bytes)) {
			return m, false
		}
		m.Fields = append(m.Fields, dialect.Field{Name: p.Key, Bytes: string(bytes[:n])})
		bytes = bytes[n:]
	}
	return m, errors.Join(unknown, werr, perr) == nil && len(m.Fields) > 0 && len(bytes) == 0 && m.Missing >= 0
}
