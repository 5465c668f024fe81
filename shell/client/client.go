package client

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
	"techsh/shell/console"
)

var (
	// ErrNotConnected is the error of a call without a connection.
	ErrNotConnected = errors.New("not connected")

	errWrongAnswer = errors.New("wrong cookie")
)

// Dial opens the way to a target: a connection and how to begin on it. An empty
// target is the one that was given at the start. Ask gets a secret from the
// person, or says why it cannot.
type Dial func(ctx context.Context, target string, ask func(prompt string) (string, error)) (
	io.ReadWriteCloser, link.Opening, error)

// A Client is one connection to a remote. The methods of a nil Client say that
// there is no connection.
type Client struct {
	Hello       codec.Hello // of the remote; Host is the name that we know it by
	Target      string      // what was dialled
	Cwd         string      // the remote working folder, or "" where it is not known
	PreviousCwd string      // the one before, or ""

	// OnLost, if set, is called when the link is lost while a call is cancelled. Its
	// error becomes that of the call.
	OnLost func(ctx context.Context, err error) error
	// Exchange, if set, makes the calls instead of the link.
	Exchange func(ctx context.Context, l *link.Link, r link.Request) (codec.Pairs, error)
	// Reopens says that a person can open the connection again: calls of an ended
	// one are then ErrNotConnected.
	Reopens bool
	// EncodingWarning is done when the person has been told that the encoding of
	// the remote consoles is not known.
	EncodingWarning sync.Once

	link   *link.Link
	news   chan string
	closed atomic.Bool
}

// Options are how Open connects.
type Options struct {
	Dial  Dial
	Ask   func(prompt string) (string, error)
	Names []string                       // of known computers: a target among them keeps its name
	Tap   func(sent bool, f codec.Frame) // is told of each frame; may be nil
	Retry func(err error)                // is told of a wrong answer before the person is asked again; may be nil
}

// Open connects to target. A person may answer wrongly twice.
func Open(ctx context.Context, target string, o Options) (*Client, error) {
	c, err := o.open(ctx, target)
	for tries := 1; tries < 3 && errors.Is(err, errWrongAnswer); tries++ {
		if o.Retry != nil {
			o.Retry(err)
		}
		c, err = o.open(ctx, target)
	}
	if err != nil && ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return c, err
}

// open dials the target and greets it. What a person answered wrongly is an
// errWrongAnswer.
func (o Options) open(ctx context.Context, target string) (*Client, error) {
	asked := false
	rwc, opening, err := o.Dial(ctx, target, func(prompt string) (string, error) {
		asked = true
		return o.Ask(prompt)
	})
	if err != nil {
		return nil, err
	}
	opening.Tap = o.Tap
	c, err := Greet(ctx, target, rwc, opening)
	switch {
	case asked && errors.Is(err, &codec.Error{Code: codec.NotAllowed}):
		return nil, fmt.Errorf("%s: %w", TargetName(target), errWrongAnswer)
	case err != nil:
		return nil, ExplainGreeting(target, opening, err)
	}
	if target != "" && slices.Contains(o.Names, target) {
		c.Hello.Host = target // whatever it calls itself: the name is what we know it by
	}
	return c, nil
}

// Greet begins to speak on a connection to target. It owns rwc from then on.
func Greet(ctx context.Context, target string, rwc io.ReadWriteCloser, opening link.Opening) (*Client, error) {
	c := &Client{Target: target, news: make(chan string, 16)}
	opening.Self, opening.News = self(), c.hear
	var err error
	if c.link, c.Hello, err = link.Open(ctx, rwc, opening); err != nil {
		return nil, err
	}
	c.Cwd = c.Hello.Cwd
	return c, nil
}

// ExplainGreeting words what went wrong in a greeting.
func ExplainGreeting(target string, o link.Opening, err error) error {
	hint := console.HintOf(err)
	cause, broken := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, &codec.Error{Code: codec.Unpaired}):
		return err // which says that the remote does not know us
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
	return console.WithHint(fmt.Errorf("%s: %w", TargetName(target), err), hint)
}

// TargetName returns how a target is called in errors.
func TargetName(target string) string {
	if target == "" {
		return "connection"
	}
	return target
}

// self is what we say of ourselves, for the log of the remote.
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

// SetCwd changes the remote working folder to path, unless that is "".
func (c *Client) SetCwd(ctx context.Context, path string) error {
	if path == "" || path == c.Cwd {
		return nil
	}
	pairs, err := c.link.Do(ctx, link.Request{Verb: codec.MakeVerb("CD"), Words: []codec.Word{codec.Lit(path)}})
	if err != nil {
		return fmt.Errorf("cd: %w", err)
	}
	c.Cwd, _ = pairs.Get("cwd")
	return nil
}

// Close ends the connection.
func (c *Client) Close() {
	if c != nil {
		c.closed.Store(true)
		c.link.Close()
	}
}

// Abort closes the link although a call hangs in it.
func (c *Client) Abort() { go c.link.Close() } // it waits for the reader, which may be what hangs

// Alive reports whether there is a connection.
func (c *Client) Alive() bool {
	if c == nil {
		return false
	}
	select {
	case <-c.link.Ended():
		return false
	default:
		return true
	}
}

// Keep gives the link a buffer that it can use again.
func (c *Client) Keep(spare []byte) { c.link.Keep(spare) }

// hear takes the news from the link's reader, which must not wait.
func (c *Client) hear(_, text string) {
	select {
	case c.news <- text:
	default: // a remote that says that much is not heard
	}
}

// Watch calls announce for what the remote says of its own accord, until the
// connection has ended. It returns why, or nil if we have closed it.
func (c *Client) Watch(announce func(text string)) error {
	for open := true; open; {
		select {
		case text := <-c.news:
			announce(text)
		case <-c.link.Ended():
			open = false
		}
	}
	for len(c.news) > 0 { // the last words
		announce(<-c.news)
	}
	if c.closed.Load() {
		return nil
	}
	if gone := c.dismissed(c.link.Err()); gone != nil {
		return gone
	}
	return fmt.Errorf("%s: %w", c.Hello.Host, c.link.Err())
}

// dismissed returns that the remote no longer lets us in, if that is what err
// means, or else nil.
func (c *Client) dismissed(err error) *codec.Error {
	e, ok := errors.AsType[*codec.Error](err)
	if !ok || e.Code != codec.Unpaired {
		return nil
	}
	return &codec.Error{
		Code: codec.Unpaired, Text: c.Hello.Host + " no longer lets this computer in: " + e.Error(),
		Hint: `ask its owner to run "techshd invite", then use "techsh pair" here`,
	}
}

// NotConnected returns ErrNotConnected with what can be done about it.
func NotConnected() error { return console.WithHint(ErrNotConnected, "open connects again") }

// Do makes one call. Its errors are those of the remote, link.ErrLost, the cause
// of ctx, or ErrNotConnected.
func (c *Client) Do(ctx context.Context, r link.Request) (codec.Pairs, error) {
	switch {
	case c == nil, !c.Alive() && c.Reopens:
		return nil, NotConnected()
	case !c.Alive():
		return nil, c.link.Err()
	case c.Exchange != nil:
		return c.Exchange(ctx, c.link, r)
	}
	pairs, err := c.link.Do(ctx, r)
	if errors.Is(err, link.ErrLost) && ctx.Err() != nil && c.OnLost != nil {
		return nil, c.OnLost(ctx, err)
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
