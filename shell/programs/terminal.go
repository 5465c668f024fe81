package programs

import (
	"bytes"
	"context"
	"errors"
	"os"
	"runtime"
	"strconv"
	"sync"

	"golang.org/x/term"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/lineedit/keys"
)

// A ptySession is a program with a remote terminal, to which the local one is
// lent.
type ptySession struct {
	env  *command.Env
	loan *console.Loan
}

// runOnTerminal makes the call of a program that has a terminal, which is ours.
func runOnTerminal(ctx context.Context, env *command.Env, in command.Invocation, r link.Request) (codec.Pairs, error) {
	if err := checkTerminal(env, in); err != nil {
		return nil, err
	}
	columns, rows, err := term.GetSize(int(env.Console.Out.Fd()))
	if err != nil || columns <= 0 || rows <= 0 {
		columns, rows = 80, 24 // as on a serial line
	}
	traces := NewTermState()
	loan, err := env.Console.Lend(traces.Follow, func() (string, bool) { return traces.Undo(), traces.openLine })
	if err != nil {
		return nil, err
	}
	defer loan.Close()
	l := &ptySession{env: env, loan: loan}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(ctx, loan.End)() // what is said from then on is said on a terminal of ours
	words := []codec.Word{codec.Bare("-t"), codec.Bare(strconv.Itoa(columns) + "x" + strconv.Itoa(rows))}
	r.Words = append(append(words, terminalEnvironment(env, in)...), r.Words...)
	r.Recv = func(f codec.Frame) (err error) {
		l.guard(func() { err = l.show(f) })
		return err
	}
	r.Send = func(ctx context.Context, up *link.Upstream) (err error) {
		l.guard(func() { err = l.send(ctx, up, cancel) })
		return err
	}
	return env.Conn.Do(ctx, r)
}

// checkTerminal says whether the terminal is there to be lent.
func checkTerminal(env *command.Env, in command.Invocation) error {
	switch {
	case in.Has("encoding"):
		return errors.New("--encoding: a terminal is UTF-8")
	case env.Console.IsJob():
		return errors.New("-t: a job has no terminal")
	case env.Console.Input.Redirected:
		return errors.New("-t: it is typed to, a file cannot be its input")
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

// terminalEnvironment are those that tell programs what our terminal can show.
func terminalEnvironment(env *command.Env, in command.Invocation) []codec.Word {
	if env.Conn != nil && env.Conn.Hello.System == "windows" {
		return nil // its consoles are all alike
	}
	var words []codec.Word
	for _, name := range []string{"TERM", "COLORTERM", "LANG", "LC_ALL", "LC_CTYPE"} {
		value := os.Getenv(name)
		if value == "" && name == "TERM" && runtime.GOOS == "windows" {
			value = "xterm-256color" // which consoles are, and do not say
		}
		if value != "" {
			words = append(words, codec.Bare("-e"), codec.Lit(name+"="+value))
		}
	}
	return words
}

// guard runs do, and gives the terminal back when that panics: in a goroutine of
// the link nobody else would.
func (l *ptySession) guard(do func()) {
	ok := false
	defer func() {
		if !ok {
			l.loan.Restore()
		}
	}()
	do()
	ok = true
}

// show passes on what the program shows.
func (l *ptySession) show(f codec.Frame) error {
	if f.Verb != codec.DATA {
		return nil
	}
	return l.loan.Show(f.Body)
}

// send passes on what is typed and how large the window is. Leave is called
// when the person wants to leave the program, whatever it does.
func (l *ptySession) send(ctx context.Context, up *link.Upstream, leave context.CancelCauseFunc) error {
	var resizes sync.WaitGroup
	defer resizes.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	resizes.Go(func() { l.guard(func() { l.sendSizes(ctx, up) }) })
	typed := EscapeKeys{lineStart: true}
	through := func(b []byte) []byte {
		b, out := typed.Filter(b)
		if out || l.loan.Waiting() && bytes.IndexByte(b, keys.CtrlC) >= 0 {
			leave(console.ErrInterrupted)
		}
		return b
	}
	for {
		err := sendTyped(ctx, l.env, up, through)
		if err != nil || ctx.Err() != nil || runtime.GOOS != "windows" {
			return err
		}
		if _, err = up.Credit(ctx, 1); err == nil { // a console gives Ctrl-Z as an end of file, and goes on
			_ = up.Write(codec.DATA, []byte{0x1a})
		}
	}
}

// sendSizes tells the remote how large the window is whenever that changes.
func (l *ptySession) sendSizes(ctx context.Context, up *link.Upstream) {
	for {
		select {
		case <-ctx.Done():
			return
		case _, ok := <-l.env.Console.Resized:
			if !ok {
				return
			}
		}
		columns, rows, err := term.GetSize(int(l.env.Console.Out.Fd()))
		if err != nil || columns <= 0 || rows <= 0 {
			continue
		}
		_ = up.WriteWords(codec.SIZE, codec.Bare(strconv.Itoa(columns)), codec.Bare(strconv.Itoa(rows)))
		_ = up.Flush() // a link that is lost is the reader's to tell
	}
}

// A EscapeKeys finds in what is typed the keys that lead back, those of ssh: ~ and
// a dot at the beginning of a line. ~~ is one ~.
type EscapeKeys struct {
	lineStart bool // a line begins
	tildeHeld bool // and ~ was typed, which is not sent yet
}

// Filter returns what of b is for the program, and whether the person wants out.
func (w *EscapeKeys) Filter(b []byte) (rest []byte, out bool) {
	for _, c := range b {
		switch {
		case w.tildeHeld && c == '.':
			return rest, true
		case w.tildeHeld && c != '~':
			rest = append(rest, '~', c)
		case w.lineStart && !w.tildeHeld && c == '~':
			w.tildeHeld = true
			continue
		default:
			rest = append(rest, c)
		}
		w.tildeHeld, w.lineStart = false, c == '\r' || c == '\n'
	}
	return rest, false
}
