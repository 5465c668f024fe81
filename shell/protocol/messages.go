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

// heading is where m goes, in which dialect.
func (m message) heading() string {
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

func (m message) missingText() string { return moreBytes(m.Missing) }

// line shows m in a line: direction, dialect, length, what it is made of.
func (m message) line(p console.Palette) string {
	line := p.Bold(fmt.Sprintf("%-6s", m.heading())) + p.Dim(fmt.Sprintf(" %7d", m.length())) + " "
	for _, f := range m.Fields {
		line += " " + p.Dim(codec.Show(f.Name)+"=") + fieldPaint(f, p)(codec.Show(strings.TrimSuffix(f.Bytes, " ")))
	}
	return line + p.Dim(m.missingText()) + "\n"
}

// hex shows m byte by byte: direction, offset, bytes, text, and what they are.
func (m message) hex(p console.Palette) string {
	parts := m.fields(p)
	parts[0].name = m.Dialect + ": " + parts[0].name
	return dissectText(parts, p.Bold(m.heading()[:2]), p)
}

func (m message) fields(p console.Palette) (parts []wireField) {
	for i, f := range m.Fields {
		name := codec.Show(strings.ReplaceAll(f.Name, "-", " "))
		if i+1 < len(m.Fields) && strings.HasSuffix(f.Bytes, " ") {
			name += ", space"
		}
		parts = append(parts, wireField{[]byte(f.Bytes), name, fieldPaint(f, p)})
	}
	if more := m.missingText(); more != "" {
		parts = append(parts, wireField{nil, more, p.Dim})
	}
	return parts
}

func fieldPaint(f dialect.Field, p console.Palette) func(string) string {
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
	fmt.Fprintf(env.Console, "%s %s\n%s", env.Console.Paint.Bold(m.heading()), env.Console.Paint.Dim(fmt.Sprintf(" %d bytes", m.length())), dissectText(m.fields(env.Console.Paint), "", env.Console.Paint))
	fmt.Fprintf(env.Console, "%s %s\n", env.Console.Paint.Bold("< "+m.Dialect), d.MayCome(m.Message))
}

// observeMessage notes what a call is translated into. The lock is held.
func (e *explanation) observeMessage(f codec.Frame) {
	m, err := dialect.ParseMessage(f)
	if n := len(e.calls) - 1; err == nil && e.dialect != "" && m.Sent && n >= 0 {
		e.calls[n].messages = append(e.calls[n].messages, message{m})
	}
}

// dropUntranslated cuts off a last call for which the dialect has nothing. Otherwise
// err is only what the answer is, which means nothing.
func (e *explanation) dropUntranslated(calls []explainedCall, err error) ([]explainedCall, error) {
	n := len(calls) - 1
	if e.dialect == "" || n < 0 || len(calls[n].messages) > 0 {
		return calls, nil
	}
	return calls[:n], err
}

// fieldSizes are m's fields, and how many of the bytes are theirs.
func (m message) fieldSizes() string {
	var pairs codec.Pairs
	for _, f := range m.Fields {
		pairs = append(pairs, codec.PairOf(f.Name, int64(len(f.Bytes))))
	}
	return codec.Join(pairs.Words())
}

// parseMessage is the one of which so much was written down: bytes, to be cut
// into fields by sizes.
func parseMessage(spoken string, sent bool, length int, sizes string, bytes []byte) (m message, ok bool) {
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
