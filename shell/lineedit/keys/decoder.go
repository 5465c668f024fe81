package keys

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A decoder turns terminal input into runes for readline. It works byte by byte, so
// the input may be split anywhere.
type decoder struct {
	state     decoderState
	seq       []byte // the current sequence, or the bytes of an incomplete rune
	paste     []byte
	end       int // how many bytes of pasteEnd have just been read
	out       []byte
	searching bool // a history search has begun and not ended
}

type decoderState int

const (
	inText    decoderState = iota
	inEscape               // after ESC
	inCSI                  // after ESC [
	inConsole              // after ESC [ [, a function key of the Linux console
	inSS3                  // after ESC O
	inString               // after ESC ] or ESC P or ESC _
	inAnswer               // in a late answer to a query that an earlier program sent to the terminal
	inPaste
)

const (
	pasteEnd = "\x1b[201~"
	MaxPaste = 64 << 10 // in bytes; longer pastes are ignored
	maxSeq   = 16
)

func (d *decoder) translate(in []byte) []byte {
	for _, b := range in {
		d.step(b)
	}
	out := d.out
	d.out = nil
	return out
}

func (d *decoder) step(b byte) {
	switch d.state {
	case inText:
		d.text(b)
	case inEscape:
		d.escape(b)
	case inCSI:
		d.csi(b)
	case inSS3:
		d.ss3(b)
	case inString:
		d.str(b)
	case inPaste:
		d.pasted(b)
	case inConsole:
		d.state = inText
	case inAnswer: // ended by BEL, ESC \ or any control character
		if b < ' ' {
			d.state = inText
		}
		if b == Escape {
			d.state, d.seq = inEscape, append(d.seq[:0], '\\')
		}
	}
}

func (d *decoder) emit(r rune) {
	if r < ' ' || IsKey(r) {
		d.searching = r == CtrlR || r == CtrlS || r == CtrlH && d.searching
	}
	d.out = utf8.AppendRune(d.out, r)
}

// text handles a byte outside of any sequence. It drops NUL because readline would
// treat it as the end of the input.
func (d *decoder) text(b byte) {
	if b >= utf8.RuneSelf {
		d.seq = append(d.seq, b)
		for len(d.seq) > 0 && utf8.FullRune(d.seq) {
			r, n := utf8.DecodeRune(d.seq)
			d.seq = d.seq[n:]
			if !IsKey(r) && !unicode.IsControl(r) {
				d.emit(r)
			}
		}
		return
	}
	if len(d.seq) > 0 {
		d.seq = nil
		d.emit(utf8.RuneError)
	}
	switch b {
	case 0:
	case Escape:
		d.state = inEscape
	default:
		d.emit(rune(b))
	}
}

// again leaves the current sequence and handles b as text.
func (d *decoder) again(b byte) {
	d.state, d.seq = inText, nil
	d.text(b)
}

func (d *decoder) escape(b byte) {
	answered := len(d.seq) > 0 && b == d.seq[0]
	d.state, d.seq = inText, nil
	switch {
	case answered:
	case b == '[':
		d.state = inCSI
	case b == 'O':
		d.state = inSS3
	case b == ']' || b == 'P' || b == '_':
		d.state, d.seq = inString, []byte{b}
	case b == 'b':
		d.emit(WordLeft)
	case b == 'f':
		d.emit(WordRight)
	case b == 'd':
		d.emit(CutRight)
	case b == Backspace || b == CtrlH:
		d.emit(CutLeft)
	default:
		d.text(b)
	}
}

// csi collects a control sequence and drops it if it is not a key.
func (d *decoder) csi(b byte) {
	switch {
	case b < ' ' || b > '~':
		d.again(b)
	case b < '@':
		if len(d.seq) < maxSeq {
			d.seq = append(d.seq, b)
		}
	case b == '[' && len(d.seq) == 0:
		d.state = inConsole
	default:
		params := string(d.seq)
		d.state, d.seq = inText, nil
		if params == "200" && b == '~' {
			d.state, d.paste, d.end = inPaste, nil, 0
		} else if r := csiKey(params, b); r != 0 {
			d.emit(r)
		}
	}
}

// ss3 handles arrow keys in application mode and F1 to F4. Any other byte means that
// Alt-O, or Escape and then O, was typed.
func (d *decoder) ss3(b byte) {
	d.state = inText
	if r := csiKey("", b); r != 0 {
		d.emit(r)
	} else if b < 'P' || b > 'S' {
		d.text('O')
		d.text(b)
	}
}

// str handles the byte after ESC ], ESC P or ESC _. It decides whether the user typed
// this sequence, or whether the sequence begins the terminal's answer to a query that an
// earlier program sent.
func (d *decoder) str(b byte) {
	first := d.seq[0]
	if b >= '0' && b <= '9' || b == '>' || b == '!' || b == '+' || first == '_' && b == 'G' {
		d.state, d.seq = inAnswer, nil
		return
	}
	d.again(first)
	d.text(b)
}

// pasted collects a paste up to its end. Ctrl-C discards it, so that a terminal that
// never sends the end does not lock the prompt.
func (d *decoder) pasted(b byte) {
	switch {
	case b == CtrlC:
		d.again(b)
		return
	case b == pasteEnd[d.end]:
		d.end++
	case b == Escape:
		d.end = 1
	default:
		d.end = 0
	}
	if len(d.paste) <= MaxPaste+len(pasteEnd) {
		d.paste = append(d.paste, b)
	}
	if d.end < len(pasteEnd) {
		return
	}
	d.state = inText
	if len(d.paste) > MaxPaste+len(pasteEnd) {
		d.emit(PasteTooLong)
		return
	}
	lines := pastedLines(string(d.paste[:len(d.paste)-len(pasteEnd)]))
	d.emit(PasteStart)
	d.out = append(d.out, strings.Join(lines, string(rune(LineBreak)))...)
	d.emit(PasteEnd)
	if len(lines) > 1 {
		d.emit(Enter)
	}
}

// pastedLines returns the lines of a pasted text without comments and blank lines. A text
// without a line break is returned as one line, even if it is a comment or blank.
func pastedLines(text string) []string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(strings.ToValidUTF8(text, "\uFFFD"))
	text = strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) || IsKey(r) {
			return -1
		}
		return r
	}, text)
	if !strings.Contains(text, "\n") {
		return []string{text}
	}
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.Trim(line, " \n"); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	return lines
}

// csiKey returns the key that a control sequence stands for, or 0.
func csiKey(params string, final byte) rune {
	first, mod, _ := strings.Cut(params, ";")
	if final == '~' {
		switch first {
		case "1", "7":
			return CtrlA
		case "4", "8":
			return CtrlE
		case "3":
			return Delete
		}
		return 0
	}
	if first != "" && first != "1" || len(mod) > 2 {
		return 0
	}
	word := mod == "3" || mod == "5" || mod == "7" // with Alt, with Ctrl, or with both
	switch final {
	case 'A':
		return CtrlP
	case 'B':
		return CtrlN
	case 'H':
		return CtrlA
	case 'F':
		return CtrlE
	case 'D':
		if word {
			return WordLeft
		}
		return CtrlB
	case 'C':
		if word {
			return WordRight
		}
		return CtrlF
	}
	return 0
}
