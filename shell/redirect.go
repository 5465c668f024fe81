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

// redirected calls the function run with a copy of env whose streams are redirected as r
// says.
func redirected(
	ctx context.Context, env *command.Env, r command.Redirection, run func(*command.Env) error,
) error {
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
		return filtered(ctx, &own, r.Filter, run)
	case r.To.Text != "":
		return toFile(ctx, &own, r, run)
	}
	return run(&own)
}

// toFile calls the function run with standard output redirected to the file of r.
func toFile(ctx context.Context, env *command.Env, r command.Redirection, run func(*command.Env) error) error {
	mode := os.O_TRUNC
	if r.Appends {
		mode = os.O_APPEND
	}
	f, err := env.Local.Open(ctx, r.To, os.O_WRONLY|os.O_CREATE|mode)
	if err != nil {
		return err
	}
	defer f.Close()
	out := &outputFile{File: f}
	switch err := printTo(env, out, run); {
	case out.isCause(ctx, err):
		return console.About(r.To.Text, out.failed)
	case err != nil:
		return err
	}
	return console.About(r.To.Text, f.Close())
}

// An outputFile is a file to which standard output is redirected.
type outputFile struct {
	*os.File
	failed error // the last write error
}

// Write writes to the file and remembers the error.
func (f *outputFile) Write(p []byte) (int, error) {
	n, err := f.File.Write(p)
	if err != nil {
		f.failed = err
	}
	return n, err
}

// isCause reports whether err, the error of a command, was caused by a failed write to f.
func (f *outputFile) isCause(ctx context.Context, err error) bool {
	return f.failed != nil && ctx.Err() == nil && !errors.Is(err, link.ErrLost)
}

// printTo calls the function run with standard output redirected to f.
func printTo(env *command.Env, f *outputFile, run func(*command.Env) error) error {
	_ = env.Console.Flush() // print earlier output; its error was already reported
	own := *env
	own.Console = env.Console.WithStdout(f, f.File)
	err := run(&own)
	if flushErr := own.Console.Flush(); err == nil {
		err = console.AboutStream("standard output", flushErr)
	}
	return err
}

// filtered calls the function run and pipes its output into a local command. It returns
// the error of run, or else the error of the local command. It ignores an error of run
// that was caused by a failed write, because the local command may end before it has read
// everything.
func filtered(ctx context.Context, env *command.Env, line string, run func(*command.Env) error) error {
	r, w, err := os.Pipe()
	if err != nil {
		return err
	}
	defer w.Close()
	cmd := newFilter(ctx, env, line)
	cmd.Stdin = r
	_ = env.Console.Flush() // print earlier output; its error was already reported
	err = cmd.Start()
	r.Close()
	if err != nil {
		return err
	}
	out := &outputFile{File: w}
	err = printTo(env, out, run)
	w.Close()
	filterErr := cmd.Wait()
	if err != nil && !out.isCause(ctx, err) {
		return err
	}
	return localExitError(line, filterErr)
}

// newFilter returns the local command that reads the output of another command.
func newFilter(ctx context.Context, env *command.Env, line string) *exec.Cmd {
	cmd := localShellCommand(ctx, line)
	cmd.Dir = env.Local.Dir
	cmd.Stdout, cmd.Stderr = env.Console.Out.ForProgram(), env.Console.Err.ForProgram()
	isJob := env.Console.IsJob()
	cmd.Cancel = func() error {
		if !isJob && errors.Is(context.Cause(ctx), console.ErrInterrupted) {
			return nil // Ctrl-C in the terminal also reaches the filter
		}
		if cmd.Process.Signal(syscall.SIGTERM) != nil {
			return cmd.Process.Kill()
		}
		return nil
	}
	if isJob {
		shieldFromInterrupt(cmd)
		cmd.WaitDelay = time.Second
	}
	return cmd
}
