package shell

import (
	"context"
	"errors"
	"fmt"

	"techsh/codec/link"
	"techsh/shell/command"
	"techsh/shell/console"
)

// runAll runs the commands of a script on a console. It stops at the first failure,
// unless s.KeepGoing is set. It ignores the failure of a command whose field MayFail is
// set. The returned error was already printed.
func (s *Shell) runAll(ctx context.Context, on *console.Console, commands []command.Command) error {
	var failed error
	for _, c := range commands {
		err := s.interruptible(ctx, func(ctx context.Context) error { return s.run(ctx, on, c) })
		if err != nil {
			err = &console.LocatedError{Where: c.Where, Err: err}
			_, isProgram := errors.AsType[*command.ExitError](err)
			if !console.IsReported(err) && !(isProgram && s.alone) {
				on.PrintError(err)
			}
			err = &console.ReportedError{Err: err}
			if errors.Is(err, console.ErrInterrupted) || errors.Is(err, link.ErrLost) || ctx.Err() != nil {
				return err
			}
			if !c.MayFail {
				failed = err
			}
		}
		if failed != nil && !s.KeepGoing {
			return failed
		}
		if s.editor == nil {
			s.reportJobs()
		}
		if s.leaving {
			break
		}
	}
	return failed
}

// run runs one command on a console, or starts it as a job.
func (s *Shell) run(ctx context.Context, on *console.Console, c command.Command) error {
	out := on.WithLabel(c.Where + c.Name + ": ")
	if s.nested > 0 {
		out = out.WithoutQuestions()
	}
	s.ran++
	env := s.newEnv(out)
	var err error
	switch {
	case s.Dialect != "" && c.Row.Verb != "" && !env.Offers(c.Row):
		_, err = s.conn.Call(ctx, c.Row.Verb, nil, link.Answer{}) // returns an error that says what the dialect lacks
	case c.JobLine != "":
		err = s.startJob(ctx, c)
	default:
		err = runIn(ctx, env, c)
	}
	return flushed(c, out, err)
}

// runIn runs a command in an Env, with its streams redirected.
func runIn(ctx context.Context, env *command.Env, c command.Command) error {
	return redirected(ctx, env, c.Redirection, func(env *command.Env) error {
		ctx, stop := env.Console.UntilOutputFails(ctx)
		defer stop()
		return c.Row.Run(ctx, env, c.Invocation)
	})
}

// flushed prints the buffered output of a command. err is the error of the command;
// flushed returns it with the name of the command in front.
func flushed(c command.Command, out *console.Console, err error) error {
	if flushErr := out.Flush(); err == nil && flushErr != nil {
		err = console.AboutStream("standard output", flushErr)
	}
	if err == nil || console.IsReported(err) || errors.Is(err, console.ErrInterrupted) {
		return err
	}
	return fmt.Errorf("%s: %w", c.Name, err)
}

// interruptible calls the function do with a context that is cancelled by Ctrl-C. A
// second Ctrl-C closes the connection, in case the remote does not respond to the first.
func (s *Shell) interruptible(ctx context.Context, do func(context.Context) error) error {
	for len(s.Interrupts) > 0 {
		<-s.Interrupts // discard a Ctrl-C from an earlier command
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done, watched := make(chan struct{}), make(chan struct{})
	s.inUse.Store(s.conn)
	go func() {
		defer close(watched)
		for n := 0; ; n++ {
			select {
			case <-s.Interrupts:
				cancel(console.ErrInterrupted)
				if conn := s.inUse.Load(); n > 0 && conn != nil {
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
	reported := console.IsReported(err) && errors.Is(err, console.ErrInterrupted)
	if err != nil && !reported && errors.Is(context.Cause(ctx), console.ErrInterrupted) {
		return console.ErrInterrupted
	}
	return err
}
