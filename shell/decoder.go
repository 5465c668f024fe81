package shell

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A decoder turns what terminals send into runes for readline. It works byte
// by byte, so where the terminal's writes are cut does not matter.
type decoder struct {
	state     decoderState
	seq       []byte // the sequence so far, or the bytes of an unfinished rune
	paste     []byte
	end       int // how much of pasteEnd the paste's last bytes are
	out       []byte
	searching bool // the keys so far have begun a search of history
}

type decoderState int

const (
	inText    decoderState = iota
	inEscape               // after ESC
	inCSI                  // after ESC [
	inConsole              // after ESC [ [, a function key of the Linux console
	inSS3                  // after ESC O
	inString               // after ESC ] or ESC P or ESC _
	inAnswer               // in the terminal's answer to a question somebody asked before
	inPaste
)

const (
	pasteEnd = "\x1b[201~"
	maxPaste = 64 << 10
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
	case inAnswer: // BEL ends it, or ESC \, or whatever a key can send
		if b < ' ' {
			d.state = inText
		}
		if b == escape {
			d.state, d.seq = inEscape, append(d.seq[:0], '\\')
		}
	}
}

func (d *decoder) emit(r rune) {
	if r < ' ' || isKey(r) {
		d.searching = r == ctrlR || r == ctrlS || r == ctrlH && d.searching
	}
	d.out = utf8.AppendRune(d.out, r)
}

// text handles a byte outside any sequence. NUL is left out: readline takes
// it for the end of file and would run the line.
func (d *decoder) text(b byte) {
	if b >= utf8.RuneSelf {
		d.seq = append(d.seq, b)
		for len(d.seq) > 0 && utf8.FullRune(d.seq) {
			r, n := utf8.DecodeRune(d.seq)
			d.seq = d.seq[n:]
			if !isKey(r) && !unicode.IsControl(r) {
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
	case escape:
		d.state = inEscape
	default:
		d.emit(rune(b))
	}
}

// again leaves the sequence and takes b as text.
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
		d.emit(keyWordLeft)
	case b == 'f':
		d.emit(keyWordRight)
	case b == 'd':
		d.emit(keyCutRight)
	case b == backspace || b == ctrlH:
		d.emit(keyCutLeft)
	default:
		d.text(b)
	}
}

// csi collects a control sequence; one that is no key is left out whole.
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

// ss3 handles the arrows of a terminal in application mode, and F1 to F4.
// Anything else was Alt-O or an Escape that somebody typed before.
func (d *decoder) ss3(b byte) {
	d.state = inText
	if r := csiKey("", b); r != 0 {
		d.emit(r)
	} else if b < 'P' || b > 'S' {
		d.text('O')
		d.text(b)
	}
}

// str decides whether ESC ], ESC P or ESC _ begins an answer of the terminal,
// to a program that asked and is gone, or somebody pressed Escape before
// typing.
func (d *decoder) str(b byte) {
	first := d.seq[0]
	if b >= '0' && b <= '9' || b == '>' || b == '!' || b == '+' || first == '_' && b == 'G' {
		d.state, d.seq = inAnswer, nil
		return
	}
	d.again(first)
	d.text(b)
}

// pasted collects a paste until its end. Ctrl-C gives it up, so that a
// terminal that never sends the end does not lock the prompt.
func (d *decoder) pasted(b byte) {
	switch {
	case b == ctrlC:
		d.again(b)
		return
	case b == pasteEnd[d.end]:
		d.end++
	case b == escape:
		d.end = 1
	default:
		d.end = 0
	}
	if len(d.paste) <= maxPaste+len(pasteEnd) {
		d.paste = append(d.paste, b)
	}
	if d.end < len(pasteEnd) {
		return
	}
	d.state = inText
	if len(d.paste) > maxPaste+len(pasteEnd) {
		d.emit(keyTooLong)
		return
	}
	d.emit(keyPaste)
	d.out = append(d.out, oneLine(string(d.paste[:len(d.paste)-len(pasteEnd)]))...)
	d.emit(keyPasteEnd)
}

// oneLine makes a pasted text a line that can be run: its lines in a row.
// Comments go, as the first would swallow the lines behind it.
func oneLine(text string) string {
	text = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\t", " ").Replace(strings.ToValidUTF8(text, "\uFFFD"))
	text = strings.Map(func(r rune) rune {
		if r != '\n' && unicode.IsControl(r) || isKey(r) {
			return -1
		}
		return r
	}, text)
	if !strings.Contains(text, "\n") {
		return text
	}
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.Trim(line, " \n"); line != "" && line[0] != '#' {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "; ")
}

// csiKey returns the key that a control sequence stands for, or 0.
func csiKey(params string, final byte) rune {
	first, mod, _ := strings.Cut(params, ";")
	if final == '~' {
		switch first {
		case "1", "7":
			return ctrlA
		case "4", "8":
			return ctrlE
		case "3":
			return keyDelete
		}
		return 0
	}
	if first != "" && first != "1" || len(mod) > 2 {
		return 0
	}
	word := mod == "3" || mod == "5" || mod == "7" // with Alt, Ctrl, both
	switch final {
	case 'A':
		return ctrlP
	case 'B':
		return ctrlN
	case 'H':
		return ctrlA
	case 'F':
		return ctrlE
	case 'D':
		if word {
			return keyWordLeft
		}
		return ctrlB
	case 'C':
		if word {
			return keyWordRight
		}
		return ctrlF
	}
	return 0
}
