package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/user"
	"slices"
	"sync"
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
	back   string      // where we were before, or ""
	news   chan string // what it says of its own accord
	closed atomic.Bool // by us
	wire   atomic.Pointer[wire]

	undecoded sync.Once // it has been said that its consoles' encoding is not known
}

// offers says whether we can do what r is, as far as that is known.
func (s *Shell) offers(r row) bool {
	if r.frames && s.Dialect != "" {
		return false
	}
	return r.verb == "" || s.conn == nil || slices.Contains(s.conn.hello.Verbs, r.verb)
}

// connect opens the connection to s.Target.
func (s *Shell) connect(ctx context.Context) error { return s.open(ctx, s.Target, "") }

// open connects to target, in the folder cwd if one is given, and lets go of
// the connection there was.
func (s *Shell) open(ctx context.Context, target, cwd string) error {
	c, err := s.meet(ctx, target)
	if err != nil {
		return err
	}
	s.hangUp()
	s.adopt(c)
	return c.enter(ctx, cwd)
}

// adopt makes c the shell's connection.
func (s *Shell) adopt(c *connection) {
	s.conn = c
	c.wire.Store(s.wire)
	s.wg.Go(func() { s.watch(c) })
}

// enter goes to the folder cwd, if one is given.
func (c *connection) enter(ctx context.Context, cwd string) error {
	if cwd == "" || cwd == c.cwd {
		return nil
	}
	pairs, err := c.link.Do(ctx, link.Request{Verb: codec.MakeVerb("CD"), Words: []codec.Word{codec.Lit(cwd)}})
	if err != nil {
		return fmt.Errorf("cd: %w", err)
	}
	c.cwd, _ = pairs.Get("cwd")
	return nil
}

// meet connects to target. A person may answer wrongly twice.
func (s *Shell) meet(ctx context.Context, target string) (*connection, error) {
	c, err := s.greet(ctx, target)
	for tries := 1; tries < 3 && errors.Is(err, errWrongAnswer); tries++ {
		s.complain(err)
		c, err = s.greet(ctx, target)
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return c, err
}

// greet reaches the target and greets it. What a person answered wrongly is
// an errWrongAnswer.
func (s *Shell) greet(ctx context.Context, target string) (*connection, error) {
	asked := false
	rwc, opening, err := s.Reach(ctx, target, func(prompt string) (string, error) {
		asked = true
		return s.ask(prompt)
	})
	if err != nil {
		return nil, err
	}
	c := &connection{target: target, news: make(chan string, 16)}
	opening.Self, opening.News, opening.Tap = self(), c.hear, s.wire.tap(c)
	c.link, c.hello, err = link.Open(ctx, rwc, opening)
	switch {
	case asked && errors.Is(err, &codec.Error{Code: codec.NotAllowed}):
		return nil, fmt.Errorf("%s: %w", nameOf(target), errWrongAnswer)
	case err != nil:
		return nil, lookedAt(target, opening, err)
	}
	c.cwd = c.hello.Cwd
	if target != "" && slices.Contains(s.hosts(), target) {
		c.hello.Host = target // whatever it calls itself: the name is what we know it by
	}
	return c, nil
}

// lookedAt words what went wrong in a greeting.
func lookedAt(target string, o link.Opening, err error) error {
	hint := hintOf(err)
	cause, broken := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, &codec.Error{Code: codec.Unpaired}):
		return err // which says who does not know us
	case errors.Is(err, &codec.Error{Code: codec.BadFrame}):
		err = fmt.Errorf("it answered, but it is not techshd: %w", err)
		if o.Cookie != "" {
			hint = "nothing was sent but the cookie"
		}
	case o.Cookie != "" && errors.Is(err, &codec.Error{Code: codec.NotAllowed}):
		hint = "techshd --plain prints its cookie when it starts: auth COOKIE"
	case err == io.EOF || err == io.ErrUnexpectedEOF:
		err = errors.New("it hung up before it said who it is")
	case broken:
		err = cause.Err
	}
	return withHint(fmt.Errorf("%s: %w", nameOf(target), err), hint)
}

// hosts returns the names of the computers that we can connect to.
func (s *Shell) hosts() []string {
	if s.Hosts == nil {
		return nil
	}
	return s.Hosts()
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

// dismissed says that the remote no longer lets us in, if that is what err
// means, or else nil.
func (c *connection) dismissed(err error) *codec.Error {
	e, ok := errors.AsType[*codec.Error](err)
	if !ok || e.Code != codec.Unpaired {
		return nil
	}
	return &codec.Error{
		Code: codec.Unpaired, Text: c.hello.Host + " no longer lets this computer in: " + e.Error(),
		Hint: `ask its owner to run "techshd invite", then use "techsh pair" here`,
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

func notConnected() error { return withHint(errNotConnected, "open connects again") }

// do makes one call of the remote.
func (s *Shell) do(ctx context.Context, r link.Request) (codec.Pairs, error) {
	c := s.alive()
	switch {
	case c == nil && s.job != nil:
		return nil, s.job.conn.link.Err()
	case c == nil:
		return nil, notConnected()
	case s.explains != nil:
		return s.explains.do(ctx, c.link, r)
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
	switch gone := c.dismissed(err); {
	case gone != nil && errors.Is(err, link.ErrLost):
		err = &link.LostError{Reason: gone}
	case gone != nil:
		err = gone
	case err != nil && ctx.Err() != nil && errors.Is(err, context.Canceled):
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
	_, err := s.call(ctx, verb, words, link.Answer{Data: func(some []byte) error {
		if b = append(b, some...); len(b) > codec.MaxBytes {
			return codec.Errorf(codec.TooBig, "the answer is longer than %d bytes", codec.MaxBytes)
		}
		return nil
	}}.Recv)
	return string(b), err
}

// can reports whether the remote lets us call a verb.
func (s *Shell) can(verb string) bool {
	return s.conn != nil && slices.Contains(s.conn.hello.Verbs, verb)
}
