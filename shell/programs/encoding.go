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

// FindEncoding returns the encoding with an IANA or WHATWG name, or with the number
// of a Windows code page; windows-1252, cp1252 and 1252 are the same. Case does not
// matter. If the name is unknown, the error has a hint.
func FindEncoding(name string) (encoding.Encoding, error) {
	lower := strings.ToLower(name)
	if page, err := strconv.Atoi(strings.TrimPrefix(lower, "cp")); err == nil {
		lower = codec.CodePage(page)
	}
	if lower == "utf-16" || lower == "utf16" { // Windows writes little endian without a byte order mark
		return unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), nil
	}
	if e, err := ianaindex.IANA.Encoding(lower); err == nil && e != nil {
		return e, nil
	}
	if e, err := htmlindex.Get(lower); err == nil && e != encoding.Replacement {
		return e, nil
	}
	err := fmt.Errorf("%s: unknown encoding", codec.Name(name))
	return nil, console.WithHint(err, "such as utf-8, cp850, windows-1252, iso-8859-1, shift_jis")
}

// decodeOutput returns a writer that converts the output of remote programs to UTF-8 and
// writes it to w. end flushes an incomplete character.
//
// The option --encoding determines the encoding. Without this option, the encoding is
// that of the remote consoles if w is a terminal; if w is not a terminal, the output is
// not converted.
func decodeOutput(
	env *command.Env, w *console.TerminalWriter, in command.Invocation,
) (out io.Writer, end func(), err error) {
	var decoder transform.Transformer
	name, ok := in.Value("encoding")
	switch {
	case ok && in.Has("raw"):
		return nil, nil, &console.UsageError{Err: errors.New("--encoding and --raw exclude each other")}
	case ok:
		e, err := FindEncoding(name)
		if err != nil {
			return nil, nil, &console.UsageError{Err: err}
		}
		decoder = e.NewDecoder()
	case w.Safe:
		if e := remoteEncoding(env); e != nil {
			decoder = NewConsoleDecoder(e)
		}
	}
	if decoder == nil {
		return w, w.End, nil
	}
	converted := transform.NewWriter(w, decoder)
	end = func() {
		_ = converted.Close() // an error was already returned by Write
		w.End()
	}
	return converted, end, nil
}

// remoteEncoding returns the encoding of the remote consoles, or nil if it is UTF-8
// or unknown. An unknown encoding is reported once per connection.
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
			const format = "the remote consoles use the unknown encoding %s: " +
				"bytes that are not UTF-8 are shown as escapes"
			env.Console.PrintError(fmt.Errorf(format, codec.Name(name)))
		})
	}
	return e
}

// A ConsoleDecoder converts the output of programs on a Windows console to UTF-8. It
// leaves a line that is valid UTF-8 unchanged, because many programs write UTF-8, and
// decodes any other line from the code page. It implements transform.Transformer.
type ConsoleDecoder struct{ codePage *encoding.Decoder }

// NewConsoleDecoder returns a decoder for consoles with the given code page.
func NewConsoleDecoder(codePage encoding.Encoding) *ConsoleDecoder {
	return &ConsoleDecoder{codePage: codePage.NewDecoder()}
}

// Reset implements transform.Transformer.
func (d *ConsoleDecoder) Reset() { d.codePage.Reset() }

// Transform implements transform.Transformer. It decodes line by line.
func (d *ConsoleDecoder) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) && err == nil {
		line := src[nSrc:]
		if end := bytes.IndexByte(line, '\n') + 1; end > 0 {
			line = line[:end]
		}
		whole := line
		if !atEOF && nSrc+len(line) == len(src) {
			whole = line[:len(line)-console.CutRune(line)]
		}
		var written, read int
		if utf8.Valid(whole) {
			written, err = copyRunes(dst[nDst:], whole)
			read = written
			if err == nil && len(whole) < len(line) {
				err = transform.ErrShortSrc
			}
		} else {
			written, read, err = d.codePage.Transform(dst[nDst:], line, atEOF)
		}
		nDst, nSrc = nDst+written, nSrc+read
	}
	return nDst, nSrc, err
}

// copyRunes copies as many complete runes of src as fit into dst.
func copyRunes(dst, src []byte) (n int, err error) {
	if n = len(src); n > len(dst) {
		n = len(dst) - console.CutRune(src[:len(dst)])
		err = transform.ErrShortDst
	}
	copy(dst, src[:n])
	return n, err
}
