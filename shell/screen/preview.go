package screen

import (
	"context"
	"errors"
	"image"
	"runtime"

	"golang.org/x/term"

	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/screen/termimage"
)

// preview asks the terminal what it can draw, and returns a preview that draws
// in it.
func newPreview(ctx context.Context, env *command.Env) (*termimage.Preview, error) {
	env.Console.FreshLine()
	g, err := queryGraphics(ctx, env)
	if err != nil {
		return nil, err
	}
	columns, rows, err := term.GetSize(int(env.Console.Out.Fd()))
	if err != nil || columns < 1 || rows < 1 {
		columns, rows = 80, 24
	}
	return &termimage.Preview{Graphics: g, Out: console.NewStdoutWriter(env.Console.Terminal()), Screen: image.Pt(columns, rows)}, nil
}

// queryGraphics asks the terminal what it can draw.
func queryGraphics(ctx context.Context, env *command.Env) (termimage.Graphics, error) {
	if runtime.GOOS == "windows" { // the answers of a console cannot be read from a file
		return termimage.Graphics{TrueColor: true}, nil
	}
	restore, err := env.Console.RawTerminal()
	if err != nil {
		return termimage.Graphics{}, err
	}
	defer restore()
	g, typed, err := termimage.Query(ctx, env.Console.Input.ReadContext, console.NewStdoutWriter(env.Console.Terminal()))
	env.Console.Input.Unread(typed)
	if errors.Is(err, termimage.ErrInterrupt) {
		err = console.ErrInterrupted
	}
	return g, err
}
