package shell

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"techsh/codec"
	"techsh/codec/link"
)

// A redirection is where the operators behind a command send its streams, all
// on this side: "< file", "> file", ">> file", "| command".
type redirection struct {
	from, to codec.Word // files; without a text there is none
	appends  bool       // to the file, which is not emptied before
	filter   string     // a line for the shell here that reads what is printed, or ""
}

// filterAt returns where in the line, from pos on, a "|" begins that sends
// what the command prints to a filter, or where the line ends.
func filterAt(line string, pos int, ends string) int {
	for pos < len(line) {
		w, next, err := codec.Scan(line, pos, ends)
		switch {
		case w.Start < len(line) && line[w.Start] == '|':
			return w.Start
		case err != nil, w.Start == w.End, next < len(line) && strings.IndexByte(ends, line[next]) >= 0:
			return len(line)
		}
		pos = next
	}
	return len(line)
}

// filterEnd returns where a filter ends that begins at pos: at the first byte
// of ends that is not quoted as the shell here quotes.
func filterEnd(line string, pos int, ends string) int {
	var quote byte
	for ; pos < len(line); pos++ {
		switch c := line[pos]; {
		case c == '\\' && quote != '\'' && escapes:
			pos++
		case c == quote:
			quote = 0
		case quote != 0:
		case c == '"', c == '\'' && escapes:
			quote = c
		case strings.IndexByte(ends, c) >= 0:
			return pos
		}
	}
	return len(line)
}

// operators takes the operators out of the words of a line.
func operators(line string, words []codec.Word) (rest []codec.Word, r redirection, err error) {
	for i := 0; i < len(words); i++ {
		w := words[i]
		sign := line[w.Start:][:min(2, len(line)-w.Start)]
		to := &r.to
		switch {
		case sign == ">>":
			r.appends = true
		case sign[0] == '>':
			sign = ">"
		case sign[0] == '<':
			sign, to = "<", &r.from
		default:
			rest = append(rest, w)
			continue
		}
		if w.Text = w.Text[len(sign):]; w.Text == "" && i+1 < len(words) {
			i++
			w = words[i]
		}
		switch {
		case w.Text == "":
			return nil, r, fmt.Errorf("%s: a file is missing", sign)
		case to.Text != "":
			return nil, r, fmt.Errorf("%s: the file %s is named already", sign, codec.Quote(*to))
		}
		*to = w
	}
	return rest, r, nil
}

// redirected runs do with its streams as r says.
func redirected(ctx context.Context, env *Env, r redirection, do func(env *Env) error) error {
	own := *env
	if r.from.Text != "" {
		f, err := env.Local.Open(ctx, r.from, os.O_RDONLY)
		if err != nil {
			return err
		}
		view, done := env.Console.From(f)
		defer done()
		own.Console = view
	}
	switch {
	case r.filter != "":
		return filtered(ctx, &own, r.filter, do)
	case r.to.Text != "":
		how := os.O_TRUNC
		if r.appends {
			how = os.O_APPEND
		}
		f, err := env.Local.Open(ctx, r.to, os.O_WRONLY|os.O_CREATE|how)
		if err != nil {
			return err
		}
		defer f.Close()
		k := &sink{File: f}
		switch err := printTo(&own, k, do); {
		case k.ended(ctx, err):
			return About(r.to.Text, k.failed)
		case err != nil:
			return err
		}
		return About(r.to.Text, f.Close())
	}
	return do(&own)
}

// A sink is the file that standard output is redirected to.
type sink struct {
	*os.File
	failed error // of a write
}

func (k *sink) Write(p []byte) (int, error) {
	n, err := k.File.Write(p)
	if err != nil {
		k.failed = err
	}
	return n, err
}

// ended reports whether a write to the file has ended the command with err.
func (k *sink) ended(ctx context.Context, err error) bool {
	return k.failed != nil && ctx.Err() == nil && !errors.Is(err, link.ErrLost)
}

// printTo runs do with standard output in a file.
func printTo(env *Env, k *sink, do func(env *Env) error) error {
	_ = env.Console.Flush() // an error has been that of what was printed before
	own := *env
	own.Console = env.Console.To(k, k.File)
	err := do(&own)
	if ferr := own.Console.Flush(); err == nil {
		err = AboutStream("standard output", ferr)
	}
	return err
}

// filtered runs do and has a local command read what it prints. A filter may
// have enough before the end: how it ends counts then.
func filtered(ctx context.Context, env *Env, line string, do func(env *Env) error) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer w.Close()
	cmd := shellCommand(ctx, line)
	cmd.Dir, cmd.Stdin = env.Local.Dir, r
	cmd.Stdout, cmd.Stderr = env.Console.Out.ForProgram(), env.Console.Err.ForProgram()
	job := env.Console.IsJob()
	cmd.Cancel = func() error {
		if !job && errors.Is(context.Cause(ctx), ErrInterrupted) {
			return nil // the terminal has told it, as it told us
		}
		if cmd.Process.Signal(syscall.SIGTERM) != nil {
			return cmd.Process.Kill()
		}
		return nil
	}
	if job {
		beside(cmd)
		cmd.WaitDelay = time.Second
	}
	_ = env.Console.Flush()
	err = cmd.Start()
	r.Close()
	if err != nil {
		return err
	}
	k := &sink{File: w}
	err = printTo(env, k, do)
	w.Close()
	ferr := cmd.Wait()
	switch {
	case k.ended(ctx, err): // it has gone away
	case err != nil:
		return err
	}
	if e, ok := errors.AsType[*exec.ExitError](ferr); ok {
		return &ExitError{line, e.ProcessState.String(), max(1, e.ExitCode()&255)}
	}
	return ferr
}
