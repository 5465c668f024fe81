package protocol

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/shell/console"
)

const (
	rowBytes = 16 // number of bytes in a row of a hexdump

	hexColumns  = 3*rowBytes - 1
	textColumns = rowBytes + 5 // width of the text between two bars, and of a gap
)

// A wireField is a named part of a frame or of a message of a dialect.
type wireField struct {
	bytes []byte // empty if name is a remark
	name  string
	paint func(string) string
}

// fields returns the parts of the frame: header, words or bytes, and a remark if some
// of the body is missing.
func (w wireFrame) fields(p console.Palette) []wireField {
	if w.verb == 0 {
		return []wireField{{w.body, "not a frame", p.Bad}}
	}
	header := w.wireBytes()[:codec.HeaderSize]
	fields := []wireField{
		{header[:5], "verb, space", p.Bold},
		{header[5:], fmt.Sprintf("length %d, LF", w.length), p.Host},
	}
	switch words, ok := w.wordFields(p); {
	case len(w.body) == 0:
	case !w.isWords():
		fields = append(fields, wireField{w.body, "bytes", p.Folder})
	case ok:
		fields = append(fields, words...)
	default:
		fields = append(fields, wireField{w.body, "not a line of words", p.Bad})
	}
	if more := w.missingText(); more != "" {
		fields = append(fields, wireField{nil, more, p.Dim})
	}
	return fields
}

// wordFields returns the words of the body, each with the spaces after it. ok is
// false if the body is not a valid line of words.
func (w wireFrame) wordFields(p console.Palette) (fields []wireField, ok bool) {
	words, err := codec.Frame{Verb: w.verb, Body: w.body}.Words()
	optionsEnded := false
	for i, word := range words {
		start, end, separator := word.Start, len(w.body), ", LF"
		if i == 0 {
			start = 0
		}
		if i+1 < len(words) {
			end, separator = words[i+1].Start, ", space"
		}
		name := wordName(w.verb, i, word, optionsEnded) + separator
		fields = append(fields, wireField{w.body[start:end], name, p.Folder})
		optionsEnded = optionsEnded || word.Text == "--" && !word.Quoted
	}
	if len(words) == 0 && len(w.body) > 0 {
		fields = []wireField{{w.body, "LF", p.Folder}}
	}
	return fields, err == nil
}

// wordName returns the meaning of word i of a frame.
func wordName(v codec.Verb, i int, word codec.Word, optionsEnded bool) string {
	names := strings.Fields(map[codec.Verb]string{
		codec.HELO: "version",
		codec.AUTH: "cookie",
		codec.PAIR: "kind proof name",
		codec.FILE: "kind mode size time name",
		codec.ERR:  "code text",
		codec.NOTE: "code name text",
		codec.NEWS: "kind text",
		codec.MORE: "bytes",
		codec.SIZE: "columns rows",
	}[v])
	hasPairs := len(names) > 0 || v == codec.OK || v == codec.SUM || v == codec.TICK
	switch {
	case i < len(names):
		return names[i]
	case hasPairs && strings.Contains(word.Text, "="):
		return "pair"
	case optionsEnded || word.Quoted || len(word.Text) < 2 || word.Text[0] != '-':
		return "word"
	case word.Text == "--":
		return "end of options"
	}
	return "option"
}

// dissectText returns a hexdump with the name of each field. Rows consist of prefix,
// offset, bytes, text and name.
func dissectText(fields []wireField, prefix string, p console.Palette) string {
	var b strings.Builder
	at := 0
	forEachRow(fields, func(row []byte, name string, paint func(string) string) {
		if len(row) == 0 {
			const columns = len("0000  ") + hexColumns + len("  ") + textColumns
			fmt.Fprintf(&b, "%s%*s%s\n", prefix, columns, "", paint(name))
			return
		}
		offset, bytes, text := fmt.Sprintf("%04x", at), fmt.Sprintf("% -*x", hexColumns, row), "|"+asciiText(row)+"|"
		gap := strings.Repeat(" ", textColumns-len(text))
		line := prefix + p.Dim(offset) + "  " + paint(bytes) + "  " + paint(text) + gap + p.Dim(name)
		b.WriteString(strings.TrimRight(line, " ") + "\n")
		at += len(row)
	})
	return b.String()
}

// forEachRow calls the function do for each row of the hexdump of fields. For the second
// and further rows of a field, name is empty.
func forEachRow(fields []wireField, do func(row []byte, name string, paint func(string) string)) {
	for _, field := range fields {
		if len(field.bytes) == 0 {
			do(nil, field.name, field.paint)
		}
		name := field.name
		for row := range slices.Chunk(field.bytes, rowBytes) {
			do(row, name, field.paint)
			name = ""
		}
	}
}

// asciiText returns bytes as text of the same length, with dots for bytes that are
// not printable ASCII.
func asciiText(b []byte) string {
	text := bytes.Clone(b)
	for i, c := range text {
		if c < ' ' || c > '~' {
			text[i] = '.'
		}
	}
	return string(text)
}
