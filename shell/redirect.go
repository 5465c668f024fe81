package shell

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"

	"techsh/codec/link"
	"techsh/shell/command"
	"techsh/shell/console"
)

// redirected runs do with its streams as r says.
func redirected(ctx context.Context, env *command.Env, r command.Redirection, do func(env *command.Env) error) error {
	own := *env
	if r.From.Text != "" {
		f, err := env.Local.Open(ctx, r.From, os.O_RDONLY)
		if err != nil {
			return err
		}
		view, done := env.Console.WithStdin(f)
		defer done()
		own.Console = view
	}
	switch {
	case r.Filter != "":
		return filtered(ctx, &own, r.Filter, do)
	case r.To.Text != "":
		how := os.O_TRUNC
		if r.Appends {
			how = os.O_APPEND
		}
		f, err := env.Local.Open(ctx, r.To, os.O_WRONLY|os.O_CREATE|how)
		if err != nil {
			return err
		}
		defer f.Close()
		k := &sink{File: f}
		switch err := printTo(&own, k, do); {
		case k.ended(ctx, err):
			return console.About(r.To.Text, k.failed)
		case err != nil:
			return err
		}
		return console.About(r.To.Text, f.Close())
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
func printTo(env *command.Env, k *sink, do func(env *command.Env) error) error {
	_ = env.Console.Flush() // an error has been that of what was printed before
	own := *env
	own.Console = env.Console.WithStdout(k, k.File)
	err := do(&own)
	if ferr := own.Console.Flush(); err == nil {
		err = console.AboutStream("standard output", ferr)
	}
	return err
}

// filtered runs do and has a local command read what it prints. A filter may
// have enough before the end: how it ends counts then.
func filtered(ctx context.Context, env *command.Env, line string, do func(env *command.Env) error) error {
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
		if !job && errors.Is(context.Cause(ctx), console.ErrInterrupted) {
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
		return &command.ExitError{Program: line, Reason: e.ProcessState.String(), Status: max(1, e.ExitCode()&255)}
	}
	return ferr
}
