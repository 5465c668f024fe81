package codec

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Word is one word of a line: its text and whether any of it was quoted. A quoted word
// stands for its text; a bare one may be an option or a pattern.
type Word struct {
	Text   string
	Quoted bool
	Open   byte // the quote that was never closed, or 0
	Start  int  // the position of its first byte in the line
	End    int
}

// Bare returns text as a bare word, which may be an option or a pattern.
func Bare(text string) Word { return Word{Text: text} }

// Lit returns text as a quoted word, which is never an option or a pattern.
func Lit(text string) Word { return Word{Text: text, Quoted: true} }

// Lits returns each text as a quoted word.
func Lits(texts ...string) []Word {
	words := make([]Word, len(texts))
	for i, t := range texts {
		words[i] = Lit(t)
	}
	return words
}

// Split splits a line into words by the grammar of the package comment. If the quote of
// the last word is not closed, it returns the words and an error.
func Split(line string) ([]Word, error) {
	var words []Word
	for pos := 0; ; {
		w, next, err := Scan(line, pos, "")
		if w.End > w.Start {
			words = append(words, w)
		}
		if err != nil || next >= len(line) {
			return words, err
		}
		pos = next
	}
}

// Scan returns the first word that begins at or after pos, and next, the position after
// the word. A bare word also ends before any byte that the string ends contains; next is
// then the position of that byte. If there is no word, w.Start and w.End are equal.
func Scan(line string, pos int, ends string) (w Word, next int, err error) {
	i := pos
	for i < len(line) && (line[i] == ' ' || line[i] == '\t') {
		i++
	}
	w.Start, w.End = i, i
	if i == len(line) || strings.IndexByte(ends, line[i]) >= 0 {
		return w, i, nil
	}
	if strings.HasPrefix(line[i:], `e"`) {
		return scanEscaped(line, i, ends)
	}
	j := i // fast path: a word without quotes is not copied
	for j < len(line) && !isBlank(line[j]) && strings.IndexByte(ends, line[j]) < 0 && line[j] != '"' &&
		!(line[j] == '\'' && j == i) {
		j++
	}
	if j == len(line) || line[j] != '"' && line[j] != '\'' {
		w.Text, w.End = line[i:j], j
		return w, j, nil
	}
	var text strings.Builder
	text.WriteString(line[i:j])
	var quote byte
	for ; j < len(line); j++ {
		c := line[j]
		switch {
		case quote != 0 && c == quote && j+1 < len(line) && line[j+1] == quote:
			text.WriteByte(c)
			j++
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
			text.WriteByte(c)
		case c == '"', c == '\'' && j == i:
			quote, w.Quoted = c, true
		case isBlank(c), strings.IndexByte(ends, c) >= 0:
			w.Text, w.End = text.String(), j
			return w, j, nil
		default:
			text.WriteByte(c)
		}
	}
	w.Text, w.End, w.Open = text.String(), j, quote
	if quote != 0 {
		err = Errorf(BadRequest, "the quote %c at column %d is not closed", quote, i+1)
	}
	return w, j, err
}

// scanEscaped scans e"…", which begins at i.
func scanEscaped(line string, i int, ends string) (w Word, next int, err error) {
	w = Word{Quoted: true, Start: i}
	var text strings.Builder
	j := i + 2
	for ; j < len(line) && line[j] != '"'; j++ {
		c := line[j]
		if c == '\\' {
			var ok bool
			if c, j, ok = unescape(line, j+1); !ok {
				w.Text, w.End = text.String(), len(line)
				return w, len(line), Errorf(
					BadRequest, `column %d: after \ comes n, t, r, \, " or xHH`,
					j+1,
				)
			}
		}
		text.WriteByte(c)
	}
	w.Text, w.End = text.String(), min(j+1, len(line))
	switch {
	case j >= len(line):
		w.Open = '"'
		err = Errorf(BadRequest, `the quote e" at column %d is not closed`, i+1)
	case w.End < len(line) && !isBlank(line[w.End]) && strings.IndexByte(ends, line[w.End]) < 0:
		err = Errorf(BadRequest, `column %d: e"…" is a whole word, a space must follow`, w.End+1)
		w.End = len(line)
	}
	return w, w.End, err
}

// unescape parses the escape whose backslash precedes position j. c is the byte that the
// escape stands for, and last is the position of its last character.
func unescape(line string, j int) (c byte, last int, ok bool) {
	if j >= len(line) {
		return 0, j, false
	}
	switch line[j] {
	case 'n':
		return '\n', j, true
	case 't':
		return '\t', j, true
	case 'r':
		return '\r', j, true
	case '\\', '"':
		return line[j], j, true
	case 'x':
		if j+2 < len(line) {
			n, err := strconv.ParseUint(line[j+1:j+3], 16, 8)
			return byte(n), j + 2, err == nil
		}
	}
	return 0, j, false
}

const hex = "0123456789abcdef"

func isBlank(c byte) bool { return c == ' ' || c == '\t' }

// specialAnywhere reports whether a quoted word that contains c keeps its quotes. It must
// be fast, since it is called for every byte of a listing.
func specialAnywhere(c byte) bool {
	switch c {
	case '*', '?', ';', '|', '<', '>', '&', '$':
		return true
	}
	return false
}

// specialAtStart is a list of bytes. A quoted word that begins with one of them keeps its
// quotes.
const specialAtStart = "-~!#@"

// Quote returns w in a form that Split reads back: bare if possible, otherwise in "…",
// or in e"…" if it contains a control byte or is not UTF-8.
func Quote(w Word) string { return string(AppendQuote(nil, w.Text, w.Quoted)) }

// Name returns a name from the remote for display, quoted so that it can be pasted into a
// command. Runes that Show would change are written as \xHH.
func Name(text string) string {
	if Show(text) != text {
		return string(appendEscaped(nil, text, Visible))
	}
	return Quote(Lit(text))
}

// Join returns words as a line without LF.
func Join(words []Word) string {
	var b []byte
	for i, w := range words {
		if i > 0 {
			b = append(b, ' ')
		}
		b = AppendQuote(b, w.Text, w.Quoted)
	}
	return string(b)
}

// Rest returns words as one text, for programs that parse it themselves. A single word
// becomes its text. Several words become the part of line from the first word to the
// last, as it was typed.
func Rest(line string, words []Word) string {
	switch len(words) {
	case 0:
		return ""
	case 1:
		return words[0].Text
	}
	return line[words[0].Start:words[len(words)-1].End]
}

// AppendQuote appends text in the form that Quote returns.
func AppendQuote(dst []byte, text string, quoted bool) []byte {
	plain, ascii := text != "", true
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c < ' ' || c == 0x7f:
			return appendEscaped(dst, text, notControl)
		case c == ' ' || c == '"', c == '\'' && i == 0:
			plain = false
		case c >= utf8.RuneSelf:
			ascii = false
		case quoted && specialAnywhere(c):
			plain = false
		}
	}
	if !ascii && !utf8.ValidString(text) {
		return appendEscaped(dst, text, notControl)
	}
	if plain && quoted && strings.IndexByte(specialAtStart, text[0]) >= 0 {
		plain = false
	}
	if plain {
		return append(dst, text...)
	}
	dst = append(dst, '"')
	for i := 0; i < len(text); i++ {
		if text[i] == '"' {
			dst = append(dst, '"')
		}
		dst = append(dst, text[i])
	}
	return append(dst, '"')
}

// appendEscaped appends text as e"…". If keep returns false for a rune, its bytes are
// written as \xHH.
func appendEscaped(dst []byte, text string, keep func(before string, r rune, after string) bool) []byte {
	dst = append(dst, 'e', '"')
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == '\n':
			dst = append(dst, '\\', 'n')
		case r == '\t':
			dst = append(dst, '\\', 't')
		case r == '\r':
			dst = append(dst, '\\', 'r')
		case r == '\\' || r == '"':
			dst = append(dst, '\\', byte(r))
		case r == utf8.RuneError && n == 1, !keep(text[:i], r, text[i+n:]):
			for _, c := range []byte(text[i : i+n]) {
				dst = append(dst, '\\', 'x', hex[c>>4], hex[c&15])
			}
		default:
			dst = append(dst, text[i:i+n]...)
		}
		i += n
	}
	return append(dst, '"')
}

func notControl(_ string, r rune, _ string) bool { return r >= ' ' && r != 0x7f }

// CommonPrefix returns the longest text that a and b both begin with, in whole runes and
// as it is spelt in a. If fold is true, the case of letters does not matter.
func CommonPrefix(a, b string, fold bool) string {
	n := 0
	for n < len(a) && b != "" {
		_, i := utf8.DecodeRuneInString(a[n:])
		_, j := utf8.DecodeRuneInString(b)
		if x, y := a[n:n+i], b[:j]; x != y && !(fold && strings.EqualFold(x, y)) {
			break
		}
		n, b = n+i, b[j:]
	}
	return a[:n]
}
