package programs

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"techsh/codec"
	"techsh/shell/command"
	"techsh/shell/console"
)

// FindEncoding returns the encoding of that name: IANA's, one that web pages have
// for it or, for a code page of Windows, cp1252 or 1252.
func FindEncoding(name string) (encoding.Encoding, error) {
	known := strings.ToLower(name)
	if page, err := strconv.Atoi(strings.TrimPrefix(known, "cp")); err == nil {
		known = codec.CodePage(page)
	}
	if known == "utf-16" || known == "utf16" { // as Windows writes it, unless a mark says otherwise
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), nil
	}
	if e, err := ianaindex.IANA.Encoding(known); err == nil && e != nil {
		return e, nil
	}
	if e, err := htmlindex.Get(known); err == nil && e != encoding.Replacement {
		return e, nil
	}
	return nil, console.WithHint(fmt.Errorf("%s: unknown encoding", codec.Name(name)), "such as utf-8, cp850, windows-1252, iso-8859-1, shift_jis")
}

// decodeOutput is a writer that makes UTF-8 of what programs there print, for w, and
// its end, which writes what was kept back. Unless an encoding is asked for, it
// is what the consoles there write, for a terminal only: what is no terminal
// gets every byte as it is.
func decodeOutput(env *command.Env, w *console.TerminalWriter, in command.Invocation) (io.Writer, func(), error) {
	name, asked := in.Value("encoding")
	switch {
	case asked && in.Has("raw"):
		return nil, nil, &console.UsageError{Err: errors.New("--encoding and --raw are two ways")}
	case asked:
		e, err := FindEncoding(name)
		if err != nil {
			return nil, nil, &console.UsageError{Err: err}
		}
		to := transform.NewWriter(w, e.NewDecoder())
		return to, func() { _ = to.Close(); w.End() }, nil
	}
	if w.Safe {
		if page := remoteEncoding(env); page != nil {
			to := transform.NewWriter(w, &ConsoleDecoder{codePage: page.NewDecoder()})
			return to, func() { _ = to.Close(); w.End() }, nil
		}
	}
	return w, w.End, nil
}

// remoteEncoding returns the encoding of the consoles there, nil when that is UTF-8,
// or not known, which is said once: then what they print is shown byte by byte.
func remoteEncoding(env *command.Env) encoding.Encoding {
	if env.Conn == nil {
		return nil
	}
	name, ok := env.Conn.Hello.More.Get("encoding")
	if !ok || strings.EqualFold(name, "utf-8") {
		return nil
	}
	e, err := FindEncoding(name)
	if err != nil {
		env.Conn.EncodingWarning.Do(func() {
			env.Console.PrintError(fmt.Errorf("the consoles there write %s, which is not known here: what is no UTF-8 comes byte by byte", codec.Name(name)))
		})
	}
	return e
}

// A ConsoleDecoder decodes what programs on a Windows console print: a line that
// is UTF-8, as more and more of them write, is itself, and any other is in the
// code page.
type ConsoleDecoder struct{ codePage *encoding.Decoder }

func (c *ConsoleDecoder) Reset() { c.codePage.Reset() }

// Transform decodes a line at a time, or what there is of one.
func (c *ConsoleDecoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) && err == nil {
		line := src[nSrc:]
		if end := bytes.IndexByte(line, '\n') + 1; end > 0 {
			line = line[:end]
		}
		whole := line
		if !atEOF && nSrc+len(line) == len(src) {
			whole = line[:len(line)-console.CutRune(line)]
		}
		var n, m int
		if utf8.Valid(whole) {
			n, err = copyRunes(dst[nDst:], whole)
			m = n
			if err == nil && len(whole) < len(line) {
				err = transform.ErrShortSrc
			}
		} else {
			n, m, err = c.codePage.Transform(dst[nDst:], line, atEOF)
		}
		nDst, nSrc = nDst+n, nSrc+m
	}
	return nDst, nSrc, err
}

// copyRunes copies the runes of src for which there is room.
func copyRunes(dst, src []byte) (n int, err error) {
	if n = len(src); n > len(dst) {
		n = len(dst) - console.CutRune(src[:len(dst)])
		err = transform.ErrShortDst
	}
	copy(dst, src[:n])
	return n, err
}
