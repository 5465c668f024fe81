package protocol

import (
	"errors"
	"fmt"
	"strings"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/shell/console"
)

// A message is a message of a dialect that the gateway has sent or received, or would
// send. The gateway reports each message in a WIRE frame.
type message struct{ dialect.Message }

// heading returns the direction and the dialect of the message.
func (m message) heading() string {
	if m.Sent {
		return "> " + m.Dialect
	}
	return "< " + m.Dialect
}

// length returns the length of the message in bytes.
func (m message) length() int64 {
	n := m.Missing
	for _, f := range m.Fields {
		n += int64(len(f.Bytes))
	}
	return n
}

// withoutContent returns the message without its content. Of the fields, only the name of
// the first one remains.
func (m message) withoutContent() *message {
	m.Missing = m.length()
	m.Fields = []dialect.Field{{Name: m.Fields[0].Name}}
	return &m
}

func (m message) missingText() string { return moreBytes(m.Missing) }

// line returns the message as a line: direction, dialect, length, fields.
func (m message) line(p console.Palette) string {
	line := p.Bold(fmt.Sprintf("%-6s", m.heading())) + p.Dim(fmt.Sprintf(" %7d", m.length())) + " "
	for _, f := range m.Fields {
		text := codec.Show(strings.TrimSuffix(f.Bytes, " "))
		line += " " + p.Dim(codec.Show(f.Name)+"=") + fieldPaint(f, p)(text)
	}
	return line + p.Dim(m.missingText()) + "\n"
}

// hex returns the message as a hexdump that names the fields.
func (m message) hex(p console.Palette) string {
	fields := m.fields(p)
	fields[0].name = m.Dialect + ": " + fields[0].name
	return dissectText(fields, p.Bold(m.heading()[:2]), p)
}

func (m message) fields(p console.Palette) (fields []wireField) {
	for i, f := range m.Fields {
		name := codec.Show(strings.ReplaceAll(f.Name, "-", " "))
		if i+1 < len(m.Fields) && strings.HasSuffix(f.Bytes, " ") {
			name += ", space"
		}
		fields = append(fields, wireField{[]byte(f.Bytes), name, fieldPaint(f, p)})
	}
	if more := m.missingText(); more != "" {
		fields = append(fields, wireField{nil, more, p.Dim})
	}
	return fields
}

// fieldPaint returns the color of a field.
func fieldPaint(f dialect.Field, p console.Palette) func(string) string {
	switch f.Name {
	case "length", "size":
		return p.Host
	case "command":
		return p.Bold
	}
	return p.Folder
}

// fieldSizes returns the names and lengths of the fields, as written to a record.
func (m message) fieldSizes() string {
	var pairs codec.Pairs
	for _, f := range m.Fields {
		pairs = append(pairs, codec.PairOf(f.Name, int64(len(f.Bytes))))
	}
	return codec.Join(pairs.Words())
}

// parseMessage returns the message of a record. sizes contains the name and the length of
// each field. length is the length of the whole message, of which the record may contain
// only the beginning.
func parseMessage(dialectName string, sent bool, length int, sizes string, bytes []byte) (m message, ok bool) {
	m.Dialect, m.Sent, m.Missing = dialectName, sent, int64(length-len(bytes))
	_, dialectErr := dialect.Named(dialectName)
	words, wordsErr := codec.Split(sizes)
	pairs, pairsErr := codec.ParsePairs(words)
	if errors.Join(dialectErr, wordsErr, pairsErr) != nil {
		return m, false
	}
	for _, p := range pairs {
		n, isNumber := codec.ParseNumber(p.Value)
		if !isNumber || n < 0 || n > int64(len(bytes)) {
			return m, false
		}
		m.Fields = append(m.Fields, dialect.Field{Name: p.Key, Bytes: string(bytes[:n])})
		bytes = bytes[n:]
	}
	return m, len(m.Fields) > 0 && len(bytes) == 0 && m.Missing >= 0
}
