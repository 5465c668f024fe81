package shell

import (
	"context"
	"errors"
	"fmt"
	"os"

	"techsh/codec"
	"techsh/codec/link"
)

// runAll runs the commands of a script, until one fails that must not.
func (s *Shell) runAll(ctx context.Context, commands []command) error {
	var failed error
	for _, c := range commands {
		err := s.interruptible(ctx, func(ctx context.Context) error { return s.run(ctx, c) })
		if err != nil {
			err = &located{c.where, err}
			if _, program := errors.AsType[*exitError](err); !alreadySaid(err) && !(program && s.Alone) {
				s.complain(err)
			}
			if errors.Is(err, errInterrupted) || errors.Is(err, link.ErrLost) || ctx.Err() != nil {
				return &said{err}
			}
			if !c.forgiv {
				failed = &said{err}
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

// run runs one command and sees its output off.
func (s *Shell) run(ctx context.Context, c command) error {
	s.label = c.where + c.name + ": "
	s.ran++
	var err error
	if s.Dialect != "" && c.row.verb != "" && !s.offers(c.row) {
		_, err = s.call(ctx, c.row.verb, nil, nil) // the gateway says that there is nothing like it
	} else if c.typed != "" {
		err = s.start(ctx, c)
	} else {
		err = s.redirected(ctx, c.redirection, func() error { return c.row.run(ctx, s, c.invocation) })
	}
	if ferr := s.out.Flush(); err == nil && ferr != nil {
		err = aboutStream("standard output", ferr)
	}
	if err == nil || isPlain(err) {
		return err
	}
	return fmt.Errorf("%s: %w", c.name, err)
}

// isPlain says that an error needs no command's name in front of it.
func isPlain(err error) bool {
	_, was := errors.AsType[*said](err)
	return was || errors.Is(err, errInterrupted)
}

// said is an error that the person has read already.
type said struct{ error }

func (s *said) Unwrap() error { return s.error }

func alreadySaid(err error) bool {
	_, ok := errors.AsType[*said](err)
	return ok
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
				cancel(errInterrupted)
				if conn := s.using.Load(); n > 0 && conn != nil {
					go conn.link.Close() // it waits for the reader, which may be what hangs
				}
			case <-done:
				return
			}
		}
	}()
	err := do(ctx)
	close(done)
	<-watched
	if err != nil && errors.Is(context.Cause(ctx), errInterrupted) && !(alreadySaid(err) && errors.Is(err, errInterrupted)) {
		return errInterrupted
	}
	return err
}

const maxNested = 16

// source runs the script in a file.
func (s *Shell) source(ctx context.Context, path string) error {
	if s.nested == maxNested {
		return fmt.Errorf("%s: scripts that call scripts, %d deep", codec.Name(path), maxNested)
	}
	text, err := os.ReadFile(localPath(s.Dir, path))
	if err != nil {
		return about(path, err)
	}
	commands, err := s.parseScript(path, text)
	if err != nil {
		return err
	}
	s.nested++
	defer func() { s.nested-- }()
	return s.runAll(ctx, commands)
}
