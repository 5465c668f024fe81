package shell

import (
	"context"
	"errors"
	"fmt"
	"os"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/command"
	"techsh/shell/console"
)

// runAll runs the commands of a script, until one fails that must not.
func (s *Shell) runAll(ctx context.Context, commands []command.Command) error {
	var failed error
	for _, c := range commands {
		err := s.interruptible(ctx, func(ctx context.Context) error { return s.run(ctx, c) })
		if err != nil {
			err = &console.LocatedError{Where: c.Where, Err: err}
			if _, program := errors.AsType[*command.ExitError](err); !console.IsReported(err) && !(program && s.Alone) {
				s.console.PrintError(err)
			}
			if errors.Is(err, console.ErrInterrupted) || errors.Is(err, link.ErrLost) || ctx.Err() != nil {
				return &console.ReportedError{Err: err}
			}
			if !c.MayFail {
				failed = &console.ReportedError{Err: err}
				if !s.KeepGoing {
					return failed
				}
			}
		}
		if s.editor == nil {
			s.reap()
		}
		if s.leaving {
			break
		}
	}
	return failed
}

// run runs one command and prints what is left of its output.
func (s *Shell) run(ctx context.Context, c command.Command) error {
	console := s.console.WithLabel(c.Where + c.Name + ": ")
	if s.nested > 0 {
		console = console.WithoutQuestions()
	}
	s.ran++
	env := s.env(console)
	var err error
	switch {
	case s.Dialect != "" && c.Row.Verb != "" && !env.Offers(c.Row):
		_, err = s.conn.Call(ctx, c.Row.Verb, nil, link.Answer{}) // the gateway says that there is nothing like it
	case c.JobLine != "":
		err = s.startJob(ctx, c)
	default:
		err = runIn(ctx, env, c)
	}
	return endOf(c, console, err)
}

// runIn runs a command in an Env, with its streams redirected.
func runIn(ctx context.Context, env *command.Env, c command.Command) error {
	return redirected(ctx, env, c.Redirection, func(env *command.Env) error { return c.Row.Run(ctx, env, c.Invocation) })
}

// endOf is the error that a command has ended with, when all of its output is
// printed.
func endOf(c command.Command, out *console.Console, err error) error {
	if ferr := out.Flush(); err == nil && ferr != nil {
		err = console.AboutStream("standard output", ferr)
	}
	if err == nil || console.IsReported(err) || errors.Is(err, console.ErrInterrupted) {
		return err
	}
	return fmt.Errorf("%s: %w", c.Name, err)
}

// interruptible runs do with a context that Ctrl-C ends. A second Ctrl-C lets
// go of a connection that does not answer the first.
func (s *Shell) interruptible(ctx context.Context, do func(context.Context) error) error {
	for len(s.Interrupts) > 0 {
		<-s.Interrupts // of an earlier command
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan struct{})
	watched := make(chan struct{})
	s.using.Store(s.conn)
	go func() {
		defer close(watched)
		for n := 0; ; n++ {
			select {
			case <-s.Interrupts:
				cancel(console.ErrInterrupted)
				if conn := s.using.Load(); n > 0 && conn != nil {
					conn.Abort()
				}
			case <-done:
				return
			}
		}
	}()
	err := do(ctx)
	close(done)
	<-watched
	if err != nil && errors.Is(context.Cause(ctx), console.ErrInterrupted) && !(console.IsReported(err) && errors.Is(err, console.ErrInterrupted)) {
		return console.ErrInterrupted
	}
	return err
}

const maxNested = 16

// source runs the script in a file.
func (s *Shell) source(ctx context.Context, path string) error {
	if s.nested == maxNested {
		return fmt.Errorf("%s: scripts that call scripts, %d deep", codec.Name(path), maxNested)
	}
	text, err := os.ReadFile(s.local.Path(path))
	if err != nil {
		return console.About(path, err)
	}
	commands, err := s.table.ParseScript(path, text)
	if err != nil {
		return err
	}
	s.nested++
	defer func() { s.nested-- }()
	return s.runAll(ctx, commands)
}
