package shell

import (
	"context"
	"io"

	"techsh/codec"
)

// A screenful is where remote output goes: on a terminal through ShowLines,
// with a rune that was cut between two frames put together again; elsewhere,
// and raw, as it is. It is flushed at each write, since programs are watched.
type screenful struct {
	ctx   context.Context // what it prints for; a terminal may be slow, and Ctrl-C is not to wait for it
	w     io.Writer
	flush func() error
	safe  bool
	cut   []byte // the beginning of a rune, or a CR
}

func (s *Shell) screen(ctx context.Context, raw bool) *screenful {
	return &screenful{ctx: ctx, w: s.out, flush: s.out.Flush, safe: s.Out.Terminal && !raw}
}

func (s *Shell) errScreen(ctx context.Context, raw bool) *screenful {
	return &screenful{ctx: ctx, w: s.Err, flush: func() error { return nil }, safe: s.Err.Terminal && !raw}
}

// screenPiece is how much of a frame is printed before Ctrl-C is looked for.
const screenPiece = 4 << 10

// Write prints all of b that can be printed yet.
func (v *screenful) Write(b []byte) (int, error) {
	if !v.safe {
		if _, err := v.w.Write(b); err != nil {
			return 0, err
		}
		return len(b), v.flush()
	}
	for at := 0; at < len(b); at += screenPiece {
		if v.ctx.Err() != nil {
			return at, context.Cause(v.ctx)
		}
		if err := v.show(b[at:min(at+screenPiece, len(b))]); err != nil {
			return at, err
		}
	}
	return len(b), nil
}

// show prints b for a terminal, less a rune or an end of line that is cut.
func (v *screenful) show(b []byte) error {
	text := append(v.cut, b...)
	keep := len(text) - cutRune(text)
	if keep == len(text) && keep > 0 && text[keep-1] == '\r' {
		keep-- // LF may follow
	}
	v.cut = append([]byte(nil), text[keep:]...)
	if _, err := io.WriteString(v.w, codec.ShowLines(string(text[:keep]))); err != nil {
		return err
	}
	return v.flush()
}

// end prints what was kept back.
func (v *screenful) end() {
	if len(v.cut) > 0 {
		_, _ = io.WriteString(v.w, codec.ShowLines(string(v.cut)))
		v.cut = nil
	}
	_ = v.flush()
}
