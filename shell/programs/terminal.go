package programs

import (
	"bytes"
	"context"
	"errors"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/lineedit/keys"
)

// A ptySession runs a program in a remote terminal. The local terminal is lent to the
// program.
type ptySession struct {
	env  *command.Env
	loan *console.Loan
}

// runOnTerminal runs a program in a remote terminal.
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
	defer context.AfterFunc(ctx, loan.End)() // later output needs a terminal in its normal mode
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

// checkTerminal returns an error if no terminal can be lent.
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
		return errors.New("-t: standard input is not a terminal")
	case !env.Console.Out.Terminal:
		return errors.New("-t: standard output is not a terminal")
	}
	return nil
}

// terminalEnvironment returns options for the environment variables by which programs
// find out what the local terminal supports.
func terminalEnvironment(env *command.Env) []codec.Word {
	if env.Conn != nil && env.Conn.Hello.System == "windows" {
		return nil // Windows programs do not use these variables
	}
	var words []codec.Word
	for _, name := range []string{"TERM", "COLORTERM", "LANG", "LC_ALL", "LC_CTYPE"} {
		value := os.Getenv(name)
		if value == "" && name == "TERM" && runtime.GOOS == "windows" {
			value = "xterm-256color" // not set by Windows, but its consoles understand it
		}
		if value != "" && maySet(env.Conn, name) {
			words = append(words, codec.Bare("-e"), codec.Lit(name+"="+value))
		}
	}
	return words
}

// maySet reports whether the remote lets a variable be set. If the remote allows only
// some variables, its HELO lists them.
func maySet(c *client.Client, name string) bool {
	if c == nil {
		return true
	}
	list, limited := c.Hello.More.Get("env")
	return !limited || slices.ContainsFunc(strings.Split(list, ","), func(pattern string) bool {
		return codec.Match(pattern, name, false)
	})
}

// show prints the output of the program.
func (s *ptySession) show(f codec.Frame) error {
	if f.Verb != codec.DATA {
		return nil
	}
	return s.loan.Show(f.Body)
}

// send sends what the user types. It also sends the new window size after each change. It
// calls leave when the user leaves the program.
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
		if _, err = up.Credit(ctx, 1); err == nil { // a Windows console reports Ctrl-Z as the end of the file
			_ = up.Write(codec.DATA, []byte{0x1a})
		}
	}
}

// sendSizes sends the new window size after each change, until ctx is done.
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
		_ = up.Flush() // the goroutine that reads from the connection reports the loss of the connection
	}
}
