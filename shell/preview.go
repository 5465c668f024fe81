package shell

import (
	"context"
	"errors"
	"image"
	"runtime"

	"golang.org/x/term"

	"techsh/shell/screen/termimage"
)

// preview asks the terminal what it can draw, and returns a preview that draws
// in it.
func (s *Env) preview(ctx context.Context) (*termimage.Preview, error) {
	s.Console.FreshLine()
	g, err := s.graphics(ctx)
	if err != nil {
		return nil, err
	}
	columns, rows, err := term.GetSize(int(s.Console.Out.Fd()))
	if err != nil || columns < 1 || rows < 1 {
		columns, rows = 80, 24
	}
	return &termimage.Preview{Graphics: g, Out: standardOutput{s.Console.Terminal()}, Screen: image.Pt(columns, rows)}, nil
}

// graphics asks the terminal what it can draw.
func (s *Env) graphics(ctx context.Context) (termimage.Graphics, error) {
	if runtime.GOOS == "windows" { // the answers of a console cannot be read from a file
		return termimage.Graphics{TrueColor: true}, nil
	}
	restore, err := s.Console.RawTerminal()
	if err != nil {
		return termimage.Graphics{}, err
	}
	defer restore()
	g, typed, err := termimage.Query(ctx, s.Console.Input.ReadContext, standardOutput{s.Console.Terminal()})
	s.Console.Input.Unread(typed)
	if errors.Is(err, termimage.ErrInterrupt) {
		err = ErrInterrupted
	}
	return g, err
}
