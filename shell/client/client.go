package client

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/console"
)

var (
	// ErrNotConnected is returned by a call without a connection.
	ErrNotConnected = errors.New("not connected")

	errWrongAnswer = errors.New("wrong cookie")
)

// A Dial opens a connection to target, and returns it with the Opening for its greeting.
// An empty target means the initial target. ask asks the user for a secret, and returns
// an error if that is not possible.
type Dial func(ctx context.Context, target string, ask func(prompt string) (string, error)) (
	io.ReadWriteCloser, link.Opening, error)

// A Client is a connection to a remote. On a nil Client, calls return ErrNotConnected,
// and Alive and Offers return false. Calls must not be made concurrently.
type Client struct {
	Hello       codec.Hello // from the remote; but if Target is a known computer, Host is Target
	Target      string      // the dialled target
	Cwd         string      // the remote working folder, or "" if unknown
	PreviousCwd string      // the previous value of Cwd, or ""

	// OnLost, if not nil, is called when the connection is lost while a call is being
	// cancelled. It returns the error of the call.
	OnLost func(ctx context.Context, err error) error
	// Exchange, if not nil, makes the calls in place of link.Do.
	Exchange func(ctx context.Context, l *link.Link, r link.Request) (codec.Pairs, error)
	// Reopens says whether the user can reconnect. If so, calls after the end of the
	// connection return ErrNotConnected; otherwise they return the reason why the
	// connection ended.
	Reopens bool
	// EncodingWarning ensures that the warning about an unknown encoding is given
	// only once.
	EncodingWarning sync.Once

	link   *link.Link
	news   chan string
	closed atomic.Bool
}

// SetCwd changes the remote working folder to path unless path is "".
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

// ForTab returns a client for completions, which uses the same connection. If the ctx of
// a call ends, the call fails at once, and the connection stays open.
func (c *Client) ForTab() *Client {
	if c == nil {
		return nil
	}
	return &Client{
		Hello: c.Hello, Target: c.Target, Cwd: c.Cwd, Reopens: c.Reopens, link: c.link,
		Exchange: func(ctx context.Context, l *link.Link, r link.Request) (codec.Pairs, error) { return l.Try(ctx, r) },
	}
}

// Patience returns how long to wait for an answer. d is enough for a near remote; a
// distant remote gets more time.
func (c *Client) Patience(d time.Duration) time.Duration {
	if c == nil {
		return d
	}
	return c.link.Patience(d)
}

// Close closes the connection.
func (c *Client) Close() {
	if c != nil {
		c.closed.Store(true)
		c.link.Close()
	}
}

// Abort closes the connection during a call, without waiting.
func (c *Client) Abort() { go c.link.Close() } // Close waits for the link's reader, which may be blocked by the call

// Alive reports whether the connection is open.
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

// Keep gives the buffer spare back to the link, which reuses it.
func (c *Client) Keep(spare []byte) { c.link.Keep(spare) }

// hear passes news to Watch. It does not block, because the link's reader calls it.
func (c *Client) hear(_, text string) {
	select {
	case c.news <- text:
	default: // the buffer is full: the remote sends too much news
	}
}

// Watch calls the function announce with each piece of news from the remote until the
// connection ends. It returns the reason why the connection ended, or nil if Close was
// called.
func (c *Client) Watch(announce func(text string)) error {
	for open := true; open; {
		select {
		case text := <-c.news:
			announce(text)
		case <-c.link.Ended():
			open = false
		}
	}
	for len(c.news) > 0 { // received just before the end
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

// dismissed returns an error if err means that the remote no longer trusts this
// computer, and nil otherwise.
func (c *Client) dismissed(err error) *codec.Error {
	e, ok := errors.AsType[*codec.Error](err)
	if !ok || e.Code != codec.Unpaired {
		return nil
	}
	return &codec.Error{
		Code: codec.Unpaired, Text: c.Hello.Host + " no longer lets this computer in: " + e.Error(),
		Hint: `ask its owner to run "techshd invite", then use "techsh pair" on this computer`,
	}
}

// NotConnected returns ErrNotConnected with a hint.
func NotConnected() error { return console.WithHint(ErrNotConnected, "open connects again") }

// Do makes a call. Its error is a codec.Error from the remote, link.ErrLost, the cause
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
