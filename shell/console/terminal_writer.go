package console

import (
	"context"
	"io"
	"unicode/utf8"

	"techsh/codec"
)

// A TerminalWriter prints remote output and flushes after each write. If Safe is set,
// control characters are made visible, and a rune that is split between two writes is
// joined; otherwise the output is printed unchanged.
type TerminalWriter struct {
	Safe bool

	ctx   context.Context // cancels a write, which may take long on a slow terminal
	w     io.Writer
	flush func() error
	cut   []byte // an incomplete rune that is not printed yet
}

// writePiece is how many bytes are printed between two checks of the context.
const writePiece = 4 << 10

// Write prints b, except for an incomplete rune at its end.
func (w *TerminalWriter) Write(b []byte) (int, error) {
	if !w.Safe {
		if _, err := w.w.Write(b); err != nil {
			return 0, err
		}
		return len(b), w.flush()
	}
	for at := 0; at < len(b); at += writePiece {
		if w.ctx.Err() != nil {
			return at, context.Cause(w.ctx)
		}
		if err := w.show(b[at:min(at+writePiece, len(b))]); err != nil {
			return at, err
		}
	}
	return len(b), nil
}

// show prints b and makes control characters visible. It holds back an incomplete rune at
// the end of b.
func (w *TerminalWriter) show(b []byte) error {
	text := append(w.cut, b...)
	keep := len(text) - CutRune(text)
	w.cut = append([]byte(nil), text[keep:]...)
	if _, err := io.WriteString(w.w, codec.ShowOutput(string(text[:keep]))); err != nil {
		return err
	}
	return w.flush()
}

// End prints what Write has held back.
func (w *TerminalWriter) End() {
	if len(w.cut) > 0 {
		_, _ = io.WriteString(w.w, codec.ShowOutput(string(w.cut)))
		w.cut = nil
	}
	_ = w.flush()
}

// CutRune returns the length of an incomplete rune at the end of b, or 0.
func CutRune(b []byte) int {
	for back := 1; back <= min(len(b), utf8.UTFMax-1); back++ {
		if c := b[len(b)-back]; utf8.RuneStart(c) {
			if c >= utf8.RuneSelf && !utf8.FullRune(b[len(b)-back:]) {
				return back
			}
			break
		}
	}
	return 0
}
