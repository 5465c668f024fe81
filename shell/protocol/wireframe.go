package protocol

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"techsh/codec"
	"techsh/shell/console"
)

// A wireFrame is a frame on its way, or bytes that are none.
type wireFrame struct {
	connection int // its number, from 1
	sent       bool
	at         time.Time
	verb       codec.Verb // 0: no frame
	length     int        // of the body
	body       []byte     // all of it, or its beginning
	message    *message   // what it is instead, in a dialect, or nil
}

// wireBytes is what is known of what was on the wire.
func (x wireFrame) wireBytes() []byte {
	if x.verb == 0 {
		return x.body
	}
	return append(fmt.Appendf(nil, "%-4s %010d\n", x.verb, x.length), x.body...)
}

// isWords says whether the body is a line of words, as far as that is known.
func (x wireFrame) isWords() bool { return x.verb != 0 && !x.verb.Raw() }

// truncated is x with no more of bytes that are somebody's content than that.
func (x wireFrame) truncated(most int) wireFrame {
	if !x.isWords() && len(x.body) > most {
		x.body = x.body[:most]
	}
	return x
}

// redacted is x with stars instead of cookies, codes and proofs: it says how
// long they are, as the header does.
func (x wireFrame) redacted() wireFrame {
	secret := ""
	switch {
	case x.verb == codec.AUTH || x.verb == codec.PAIR:
		secret = `(?s)^(.*?)\n?$`
	case x.verb == 0, x.verb == codec.ERR && bytes.HasPrefix(x.body, []byte("bad-frame ")): // it may be, or quote, a line typed by hand
		secret = `(?is)(?:auth|pair)[ \t](.*)`
	case x.isWords() && bytes.Contains(x.body, []byte("proof=")):
		secret = `proof=([^ "\n]*)`
	default:
		return x
	}
	x.body = bytes.Clone(x.body)
	for _, spot := range regexp.MustCompile(secret).FindAllSubmatchIndex(x.body, -1) {
		for i := spot[2]; i < spot[3]; i++ {
			x.body[i] = '*'
		}
	}
	return x
}

// arrow points where x goes.
func (x wireFrame) arrow() string {
	if x.sent {
		return ">"
	}
	return "<"
}

// missingText says how much of the body is not shown.
func (x wireFrame) missingText() string { return moreBytes(int64(x.length - len(x.body))) }

func moreBytes(n int64) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf("… and %d bytes more", n)
}

// line shows x in a line: direction, verb, length, text.
func (x wireFrame) line(p console.Palette) string {
	verb, text := x.verb.String(), codec.Show(string(x.body))
	if x.isWords() {
		text = codec.Show(strings.TrimSuffix(string(x.body), "\n"))
	}
	head := p.Bold(fmt.Sprintf("%s %-4s", x.arrow(), verb))
	switch {
	case x.verb == 0:
		head = p.Bad(x.arrow() + " no frame")
	case x.verb == codec.ERR:
		head = p.Bad(x.arrow() + " ERR ")
	}
	line := head + p.Dim(fmt.Sprintf(" %7d", x.length)) + "  " + text
	return strings.TrimRight(line, " ") + p.Dim(x.missingText()) + "\n"
}

// hex shows x as a hexdump, as the specification has its conversation.
func (x wireFrame) hex(p console.Palette) string {
	var b strings.Builder
	all := x.wireBytes()
	for at := 0; at < len(all); at += rowBytes {
		row := all[at:min(at+rowBytes, len(all))]
		fmt.Fprintf(&b, "%s %s  % -47x  |%s|\n", p.Bold(x.arrow()), p.Dim(fmt.Sprintf("%04x", at)), row, ascii(row))
	}
	if more := x.missingText(); more != "" {
		fmt.Fprintf(&b, "%s %s\n", p.Bold(x.arrow()), p.Dim(more))
	}
	return b.String()
}

const rowBytes = 16 // of a hexdump

// ascii is bytes as text of as many columns, a dot for what is not ASCII.
func ascii(b []byte) string {
	text := bytes.Clone(b)
	for i, c := range text {
		if c < ' ' || c > '~' {
			text[i] = '.'
		}
	}
	return string(text)
}

// A wireField is some of a frame's bytes, and what they are.
type wireField struct {
	bytes []byte
	name  string
	paint func(string) string
}

// fields cuts x into what it is made of.
func (x wireFrame) fields(p console.Palette) []wireField {
	if x.verb == 0 {
		return []wireField{{x.body, "no frame", p.Bad}}
	}
	header := x.wireBytes()[:codec.HeaderSize]
	parts := []wireField{
		{header[:5], "verb, space", p.Bold},
		{header[5:], fmt.Sprintf("length %d, LF", x.length), p.Host},
	}
	switch words, ok := x.wordFields(p); {
	case len(x.body) == 0:
	case !x.isWords():
		parts = append(parts, wireField{x.body, "bytes", p.Path})
	case ok:
		parts = append(parts, words...)
	default:
		parts = append(parts, wireField{x.body, "no line of words", p.Bad})
	}
	if more := x.missingText(); more != "" {
		parts = append(parts, wireField{nil, more, p.Dim})
	}
	return parts
}

// wordFields cuts a body of words, each with the blanks behind it.
func (x wireFrame) wordFields(p console.Palette) (parts []wireField, ok bool) {
	words, err := codec.Frame{Verb: x.verb, Body: x.body}.Words()
	ended := false // options end
	for i, w := range words {
		from, to, behind := w.Start, len(x.body), ", LF"
		if i == 0 {
			from = 0
		}
		if i+1 < len(words) {
			to, behind = words[i+1].Start, ", space"
		}
		parts = append(parts, wireField{x.body[from:to], wordName(x.verb, i, w, ended) + behind, p.Path})
		ended = ended || w.Text == "--" && !w.Quoted
	}
	if len(words) == 0 && len(x.body) > 0 {
		parts = []wireField{{x.body, "LF", p.Path}}
	}
	return parts, err == nil
}

// wordName is what the word at i of a frame is.
func wordName(v codec.Verb, i int, w codec.Word, ended bool) string {
	named := map[codec.Verb]string{
		codec.HELO: "version", codec.AUTH: "cookie", codec.PAIR: "kind proof name", codec.FILE: "kind mode size time name",
		codec.ERR: "code text", codec.NOTE: "code name text", codec.NEWS: "kind text", codec.MORE: "bytes", codec.SIZE: "columns rows",
	}
	names := strings.Fields(named[v])
	pairs := len(names) > 0 || v == codec.OK || v == codec.SUM || v == codec.TICK
	switch bare := !w.Quoted; {
	case i < len(names):
		return names[i]
	case pairs && strings.Contains(w.Text, "="):
		return "pair"
	case ended || !bare || len(w.Text) < 2 || w.Text[0] != '-':
		return "word"
	case w.Text == "--":
		return "end of options"
	}
	return "option"
}

// dissectText shows parts byte by byte, behind what is in front of each row: offset,
// bytes, text, and what they are.
func dissectText(parts []wireField, front string, p console.Palette) string {
	var b strings.Builder
	at := 0
	forEachRow(parts, func(row []byte, name string, paint func(string) string) {
		if len(row) == 0 {
			fmt.Fprintf(&b, "%s%*s%s\n", front, 6+3*rowBytes+1+rowBytes+5, "", paint(name))
			return
		}
		text := "|" + ascii(row) + "|"
		line := fmt.Sprintf("%s%s  %s  %s%*s%s", front, p.Dim(fmt.Sprintf("%04x", at)), paint(fmt.Sprintf("% -47x", row)), paint(text), rowBytes+5-len(text), "", p.Dim(name))
		b.WriteString(strings.TrimRight(line, " ") + "\n")
		at += len(row)
	})
	return b.String()
}

// forEachRow calls do for each row of each part; the name comes with its first.
func forEachRow(parts []wireField, do func(row []byte, name string, paint func(string) string)) {
	for _, part := range parts {
		if len(part.bytes) == 0 {
			do(nil, part.name, part.paint)
		}
		for row := range slices.Chunk(part.bytes, rowBytes) {
			do(row, part.name, part.paint)
			part.name = ""
		}
	}
}
