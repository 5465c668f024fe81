package screen

import (
	"context"
	"errors"
	"image"
	"runtime"

	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/screen/termimage"
)

// atPrompt reports whether there is a prompt in a terminal, so that pictures can be shown
// to a user.
func atPrompt(env *command.Env) bool {
	return env.Console.CanAsk() && env.Console.In.Terminal && env.Console.Out.Terminal
}

// newPreview returns a preview that uses the best protocol of the terminal.
func newPreview(ctx context.Context, env *command.Env) (*termimage.Preview, error) {
	env.Console.FreshLine()
	graphics, err := queryGraphics(ctx, env)
	if err != nil {
		return nil, err
	}
	columns, rows, ok := env.Console.Out.Size()
	if !ok {
		columns, rows = 80, 24
	}
	return &termimage.Preview{
		Graphics: graphics,
		Out:      console.NewStdoutWriter(env.Console.Terminal()),
		Screen:   image.Pt(columns, rows),
		Nearest:  console.Color256,
	}, nil
}

// queryGraphics asks the terminal which graphics it supports.
func queryGraphics(ctx context.Context, env *command.Env) (termimage.Graphics, error) {
	if runtime.GOOS == "windows" { // answers of a Windows console cannot be read through a file
		return termimage.Graphics{TrueColor: true}, nil
	}
	restore, err := env.Console.RawTerminal()
	if err != nil {
		return termimage.Graphics{}, err
	}
	defer restore()
	out := console.NewStdoutWriter(env.Console.Terminal())
	graphics, typed, err := termimage.Query(ctx, env.Console.Input.ReadContext, out)
	env.Console.Input.Unread(typed)
	if errors.Is(err, termimage.ErrInterrupt) {
		err = console.ErrInterrupted
	}
	return graphics, err
}
