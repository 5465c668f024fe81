package programs

import (
	"bytes"
	"context"
	"errors"
	"os"
	"runtime"
	"strconv"
	"sync"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/lineedit/keys"
)

// A ptySession is a program in a remote terminal, to which the local terminal is
// lent.
type ptySession struct {
	env  *command.Env
	loan *console.Loan
}

// runOnTerminal makes the call of a program in a remote terminal.
func runOnTerminal(
	ctx context.Context, env *command.Env, in command.Invocation, r link.Request,
) (codec.Pairs, error) {
	if err := checkTerminal(env, in); err != nil {
		return nil, err
	}
	columns, rows, ok := env.Console.Out.Size()
	if !ok {
		columns, rows = 80, 24 // a serial line has no size
	}
	loan, err := env.Console.Lend()
	if err != nil {
		return nil, err
	}
	defer loan.Close()
	s := &ptySession{env: env, loan: loan}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(ctx, loan.End)() // what is printed from then on needs a terminal in its usual state
	size := strconv.Itoa(columns) + "x" + strconv.Itoa(rows)
	words := append([]codec.Word{codec.Bare("-t"), codec.Bare(size)}, terminalEnvironment(env)...)
	r.Words = append(words, r.Words...)
	r.Recv = func(f codec.Frame) (err error) {
		s.loan.Guard(func() { err = s.show(f) })
		return err
	}
	r.Send = func(ctx context.Context, up *link.Upstream) (err error) {
		s.loan.Guard(func() { err = s.send(ctx, up, cancel) })
		return err
	}
	return env.Conn.Do(ctx, r)
}

// checkTerminal returns an error that says why there is no terminal to lend.
func checkTerminal(env *command.Env, in command.Invocation) error {
	switch {
	case in.Has("encoding"):
		return errors.New("--encoding: a terminal is always UTF-8")
	case env.Console.IsJob():
		return errors.New("-t: a job has no terminal")
	case env.Console.Input.Redirected:
		return errors.New("-t: the input of a terminal cannot be a file")
	case env.Console.Script:
		return errors.New("-t: standard input is the script")
	case env.Console.DryRun:
		return nil
	case !env.Console.In.Terminal:
		return errors.New("-t: standard input is no terminal")
	case !env.Console.Out.Terminal:
		return errors.New("-t: standard output is no terminal")
	}
	return nil
}

// terminalEnvironment returns the options that set the variables by which programs
// know what the local terminal can show.
func terminalEnvironment(env *command.Env) []codec.Word {
	if env.Conn != nil && env.Conn.Hello.System == "windows" {
		return nil // its programs do not read them
	}
	var words []codec.Word
	for _, name := range []string{"TERM", "COLORTERM", "LANG", "LC_ALL", "LC_CTYPE"} {
		value := os.Getenv(name)
		if value == "" && name == "TERM" && runtime.GOOS == "windows" {
			value = "xterm-256color" // Windows does not set it, but its consoles understand this
		}
		if value != "" {
			words = append(words, codec.Bare("-e"), codec.Lit(name+"="+value))
		}
	}
	return words
}

// show prints what the program prints.
func (s *ptySession) show(f codec.Frame) error {
	if f.Verb != codec.DATA {
		return nil
	}
	return s.loan.Show(f.Body)
}

// send sends what is typed, and the size of the window whenever it changes. Leave
// is called when the person leaves the program.
func (s *ptySession) send(ctx context.Context, up *link.Upstream, leave context.CancelCauseFunc) error {
	var resizes sync.WaitGroup
	defer resizes.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	resizes.Go(func() { s.loan.Guard(func() { s.sendSizes(ctx, up) }) })
	escape := NewEscapeKeys()
	filter := func(typed []byte) []byte {
		passed, left := escape.Filter(typed)
		if left || s.loan.Waiting() && bytes.IndexByte(passed, keys.CtrlC) >= 0 {
			leave(console.ErrInterrupted)
		}
		return passed
	}
	for {
		err := sendInput(ctx, s.env, up, filter)
		if err != nil || ctx.Err() != nil || runtime.GOOS != "windows" {
			return err
		}
		if _, err = up.Credit(ctx, 1); err == nil { // a Windows console turns Ctrl-Z into an end of file
			_ = up.Write(codec.DATA, []byte{0x1a})
		}
	}
}

// sendSizes sends the size of the window whenever it changes, until ctx ends.
func (s *ptySession) sendSizes(ctx context.Context, up *link.Upstream) {
	for {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-s.env.Console.Resized:
			if !ok {
				return
			}
		}
		columns, rows, ok := s.env.Console.Out.Size()
		if !ok {
			continue
		}
		_ = up.WriteWords(codec.SIZE, codec.Bare(strconv.Itoa(columns)), codec.Bare(strconv.Itoa(rows)))
		_ = up.Flush() // the reader reports a lost link
	}
}
