package protocol

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"techsh/codec"
	"techsh/shell/console"
)

// A wireFrame is a frame that was sent or received, or bytes that are not a frame, or
// a message of a dialect.
type wireFrame struct {
	connection int  // number of the connection, from 1
	sent       bool // false if received
	at         time.Time
	verb       codec.Verb // 0 if the bytes are not a frame
	length     int        // length of the body
	body       []byte     // the body or its beginning
	message    *message   // set for a dialect, instead of verb, length and body
}

// A frameFormat says how to show a frame.
type frameFormat struct {
	full    bool // show whole contents, not only their beginning
	secrets bool // show cookies and proofs instead of stars
	hex     bool // show a hexdump, not a line of text
}

// format returns the frame as one or more lines.
func (w wireFrame) format(p console.Palette, f frameFormat) string {
	switch {
	case w.message != nil && f.hex:
		return w.message.hex(p)
	case w.message != nil:
		return w.message.line(p)
	}
	if !f.full {
		w = w.truncated(maxContent)
	}
	if !f.secrets {
		w = w.redacted()
	}
	if f.hex {
		return w.hex(p)
	}
	return w.line(p)
}

// wireBytes returns the encoded frame, with the known part of the body.
func (w wireFrame) wireBytes() []byte {
	if w.verb == 0 {
		return w.body
	}
	return append(fmt.Appendf(nil, "%-4s %010d\n", w.verb, w.length), w.body...)
}

// equal reports whether both frames have the same bytes.
func (w wireFrame) equal(other wireFrame) bool {
	return w.verb == other.verb && w.length == other.length && bytes.Equal(w.body, other.body)
}

// isWords reports whether the body is a line of words.
func (w wireFrame) isWords() bool { return w.verb != 0 && !w.verb.Raw() }

// truncated returns the frame with at most limit bytes of content. It does not
// truncate words.
func (w wireFrame) truncated(limit int) wireFrame {
	if !w.isWords() && len(w.body) > limit {
		w.body = w.body[:limit]
	}
	return w
}

// size returns the number of bytes that are known.
func (w wireFrame) size() int {
	if w.message != nil {
		return int(w.message.length() - w.message.Missing)
	}
	return len(w.body)
}

// forget drops the content.
func (w *wireFrame) forget() {
	w.body = nil
	if w.message != nil {
		w.message = w.message.withoutContent()
	}
}

// redacted returns the frame with a star in place of each byte of a secret.
func (w wireFrame) redacted() wireFrame {
	if w.verb == 0 || w.isWords() {
		w.body = []byte(codec.Mask(w.verb, string(w.body)))
	}
	return w
}

// arrow returns the direction: ">" for sent, "<" for received.
func (w wireFrame) arrow() string {
	if w.sent {
		return ">"
	}
	return "<"
}

// missingText says how much of the body is not known; it is "" if the body is
// complete.
func (w wireFrame) missingText() string { return moreBytes(int64(w.length - len(w.body))) }

func moreBytes(n int64) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf("… and %d bytes more", n)
}

// line returns the frame as a line: direction, verb, length, text.
func (w wireFrame) line(p console.Palette) string {
	text := string(w.body)
	if w.isWords() {
		text = strings.TrimSuffix(text, "\n")
	}
	heading := p.Bold(fmt.Sprintf("%s %-4s", w.arrow(), w.verb))
	switch {
	case w.verb == 0:
		heading = p.Bad(w.arrow() + " not a frame")
	case w.verb == codec.ERR:
		heading = p.Bad(w.arrow() + " ERR ")
	}
	line := heading + p.Dim(fmt.Sprintf(" %7d", w.length)) + "  " + codec.Show(text)
	return strings.TrimRight(line, " ") + p.Dim(w.missingText()) + "\n"
}

// hex returns the frame as a hexdump.
func (w wireFrame) hex(p console.Palette) string {
	var b strings.Builder
	all, arrow := w.wireBytes(), p.Bold(w.arrow())
	for at := 0; at < len(all); at += rowBytes {
		row := all[at:min(at+rowBytes, len(all))]
		offset := p.Dim(fmt.Sprintf("%04x", at))
		fmt.Fprintf(&b, "%s %s  % -47x  |%s|\n", arrow, offset, row, asciiText(row))
	}
	if more := w.missingText(); more != "" {
		fmt.Fprintf(&b, "%s %s\n", arrow, p.Dim(more))
	}
	return b.String()
}
