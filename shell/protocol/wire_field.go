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
	rowBytes = 16 // of a hexdump

	hexColumns  = 3*rowBytes - 1
	textColumns = rowBytes + 5 // |…| and a gap
)

// A wireField is a part of a frame, or of a message of a dialect, with a name.
type wireField struct {
	bytes []byte // none: the name is a remark
	name  string
	paint func(string) string
}

// fields returns the parts of the frame: header, words or bytes, and a remark on
// what is missing.
func (w wireFrame) fields(p console.Palette) []wireField {
	if w.verb == 0 {
		return []wireField{{w.body, "no frame", p.Bad}}
	}
	header := w.wireBytes()[:codec.HeaderSize]
	fields := []wireField{
		{header[:5], "verb, space", p.Bold},
		{header[5:], fmt.Sprintf("length %d, LF", w.length), p.Host},
	}
	switch words, ok := w.wordFields(p); {
	case len(w.body) == 0:
	case !w.isWords():
		fields = append(fields, wireField{w.body, "bytes", p.Path})
	case ok:
		fields = append(fields, words...)
	default:
		fields = append(fields, wireField{w.body, "no line of words", p.Bad})
	}
	if more := w.missingText(); more != "" {
		fields = append(fields, wireField{nil, more, p.Dim})
	}
	return fields
}

// wordFields returns the words of the body, each with the blanks after it. It is not
// ok if the body is no line of words.
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
		fields = append(fields, wireField{w.body[start:end], name, p.Path})
		optionsEnded = optionsEnded || word.Text == "--" && !word.Quoted
	}
	if len(words) == 0 && len(w.body) > 0 {
		fields = []wireField{{w.body, "LF", p.Path}}
	}
	return fields, err == nil
}

// wordName returns what word number i of a frame is.
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

// dissectText returns fields as rows of a hexdump, each with its name: prefix,
// offset, bytes, text, name.
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

// forEachRow calls do for each row of the fields. Only the first row of a field has
// its name.
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

// asciiText returns bytes as text of as many columns, with dots for those that are
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
