package shell

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/user"
	"sync/atomic"

	"techsh/codec"
	"techsh/codec/link"
)

var (
	errNotConnected = errors.New("not connected")
	errInterrupted  = errors.New("interrupted")
	errWrongAnswer  = errors.New("wrong cookie")
)

// A connection is the remote as it is now.
type connection struct {
	link   *link.Link
	hello  codec.Hello
	target string
	cwd    string      // where the remote last said we are
	closed atomic.Bool // by us
}

// can says whether the remote offers a verb. "" is always there.
func (c *connection) can(verb string) bool {
	if verb == "" {
		return true
	}
	if c == nil {
		return false
	}
	for _, v := range c.hello.Verbs {
		if v == verb {
			return true
		}
	}
	return false
}

// connect opens the connection to s.Target.
func (s *Shell) connect(ctx context.Context) error { return s.open(ctx, s.Target, "") }

// open connects to target, in the folder cwd if one is given, and lets go of
// the connection there was.
func (s *Shell) open(ctx context.Context, target, cwd string) error {
	l, hello, err := s.greet(ctx, target)
	for tries := 1; tries < 3 && errors.Is(err, errWrongAnswer); tries++ {
		s.complain(err)
		l, hello, err = s.greet(ctx, target)
	}
	if err != nil {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if _, ok := errors.AsType[*unreached](err); ok || errors.Is(err, errWrongAnswer) {
			return err
		}
		return fmt.Errorf("%s: %w", nameOf(target), lookedAt(err))
	}
	s.hangUp()
	c := &connection{link: l, hello: hello, target: target, cwd: hello.Cwd}
	s.conn = c
	s.wg.Go(func() { s.watch(c) })
	if cwd != "" && cwd != hello.Cwd {
		pairs, err := l.Do(ctx, link.Request{Verb: codec.MakeVerb("CD"), Words: []codec.Word{codec.Lit(cwd)}})
		if err != nil {
			return fmt.Errorf("cd: %w", err)
		}
		s.conn.cwd, _ = pairs.Get("cwd")
	}
	return nil
}

// greet reaches the target and greets it. What a person answered wrongly is
// an errWrongAnswer.
func (s *Shell) greet(ctx context.Context, target string) (*link.Link, codec.Hello, error) {
	asked := false
	rwc, opening, err := s.Reach(ctx, target, func(prompt string) (string, error) {
		asked = true
		return s.ask(prompt)
	})
	if err != nil {
		return nil, codec.Hello{}, &unreached{err}
	}
	opening.Self = self()
	l, hello, err := link.Open(ctx, rwc, opening)
	if asked && errors.Is(err, &codec.Error{Code: codec.NotAllowed}) {
		err = fmt.Errorf("%s: %w", nameOf(target), errWrongAnswer)
	}
	return l, hello, err
}

// An unreached error says itself what it is about.
type unreached struct{ error }

func (u *unreached) Unwrap() error { return u.error }

// lookedAt words what went wrong in a greeting.
func lookedAt(err error) error {
	switch {
	case errors.Is(err, &codec.Error{Code: codec.BadFrame}):
		return withHint(fmt.Errorf("it answered, but it is not techshd: %w", err), "nothing was sent but the cookie")
	case errors.Is(err, &codec.Error{Code: codec.NotAllowed}):
		return withHint(err, "techshd --plain prints its cookie when it starts: auth COOKIE")
	}
	return err
}

func nameOf(target string) string {
	if target == "" {
		return "connection"
	}
	return target
}

// self is what we say of ourselves, for the other side's log.
func self() codec.Pairs {
	var pairs codec.Pairs
	if u, err := user.Current(); err == nil {
		pairs = append(pairs, codec.Pair{Key: "name", Value: u.Username})
	}
	if h, err := os.Hostname(); err == nil {
		pairs = append(pairs, codec.Pair{Key: "host", Value: h})
	}
	return pairs
}

// hangUp closes the connection, if there is one.
func (s *Shell) hangUp() {
	if s.conn != nil {
		s.conn.closed.Store(true)
		s.conn.link.Close()
		s.conn = nil
	}
}

// watch tells the person at the prompt that a connection has ended.
func (s *Shell) watch(c *connection) {
	<-c.link.Ended()
	if s.editor != nil && s.editor.idle() && !c.closed.Load() {
		s.editor.Notify(s.warn.bad(codec.Show(c.hello.Host)+": "+errorLine(c.link.Err())) + "\n")
		s.editor.Reprompt(s.promptText(nil))
	}
}

// alive returns the connection if it is one.
func (s *Shell) alive() *connection {
	if s.conn == nil {
		return nil
	}
	select {
	case <-s.conn.link.Ended():
		return nil
	default:
		return s.conn
	}
}

// do makes one call of the remote.
func (s *Shell) do(ctx context.Context, r link.Request) (codec.Pairs, error) {
	c := s.alive()
	if c == nil {
		return nil, withHint(errNotConnected, "open connects again")
	}
	pairs, err := c.link.Do(ctx, r)
	if errors.Is(err, link.ErrLost) && ctx.Err() != nil && s.editor != nil {
		// it did not answer in time: a new connection takes over
		fresh, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), reopenTime, errors.New("no answer"))
		defer cancel()
		if rerr := s.open(fresh, c.target, c.cwd); rerr != nil {
			return nil, errors.Join(err, rerr)
		}
		s.tell("%s did not answer: this is a new connection", codec.Show(c.hello.Host))
		return nil, context.Cause(ctx)
	}
	if err != nil && ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = context.Cause(ctx)
	}
	return pairs, err
}

// call is do for calls without a stream whose answer each frame of goes to
// recv.
func (s *Shell) call(ctx context.Context, verb string, words []codec.Word, recv func(codec.Frame) error) (codec.Pairs, error) {
	return s.do(ctx, link.Request{Verb: codec.MakeVerb(verb), Words: words, Recv: recv})
}

// text is call for answers that are text for people.
func (s *Shell) text(ctx context.Context, verb string, words ...codec.Word) (string, error) {
	var b []byte
	_, err := s.call(ctx, verb, words, func(f codec.Frame) error {
		if f.Verb == codec.DATA {
			if b = append(b, f.Body...); len(b) > codec.MaxBytes {
				return codec.Errorf(codec.TooBig, "the answer is longer than %d bytes", codec.MaxBytes)
			}
		}
		return nil
	})
	return string(b), err
}
