package client

import (
	"context"
	"errors"
	"fmt"
	"io"
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

// Dial opens a connection to a target and returns it with how the greeting on it
// begins. An empty target is the one that was given at the start. Ask asks the person
// for a secret, and returns an error if nobody can be asked.
type Dial func(ctx context.Context, target string, ask func(prompt string) (string, error)) (
	io.ReadWriteCloser, link.Opening, error)

// A Client is one connection to a remote. Calls on a nil Client fail with
// ErrNotConnected, and Alive and Offers report false. One call is made at a time.
type Client struct {
	Hello       codec.Hello // of the remote; Host is the name under which it is known locally
	Target      string      // what was dialled
	Cwd         string      // the remote working folder, or "" if it is unknown
	PreviousCwd string      // the folder before Cwd, or ""

	// OnLost, if set, is called when the link is lost while a call is cancelled, and
	// returns the error of the call.
	OnLost func(ctx context.Context, err error) error
	// Exchange, if set, makes the calls in place of the link.
	Exchange func(ctx context.Context, l *link.Link, r link.Request) (codec.Pairs, error)
	// Reopens reports whether the person can open the connection again. Calls after
	// its end then fail with ErrNotConnected, else with the reason of the end.
	Reopens bool
	// EncodingWarning guards the warning that the encoding of remote programs is
	// unknown, which is given once.
	EncodingWarning sync.Once

	link   *link.Link
	news   chan string
	closed atomic.Bool
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

// Abort closes the link while a call waits in it, and returns at once.
func (c *Client) Abort() { go c.link.Close() } // Close waits for the link's reader, which the call may block

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

// Keep gives a buffer back to the link, which uses it again.
func (c *Client) Keep(spare []byte) { c.link.Keep(spare) }

// hear passes on news from the link's reader, which must not wait.
func (c *Client) hear(_, text string) {
	select {
	case c.news <- text:
	default: // there is no room: the remote sends too many
	}
}

// Watch calls announce with the news of the remote until the connection ends. It
// returns why it has ended, or nil if Close has been called.
func (c *Client) Watch(announce func(text string)) error {
	for open := true; open; {
		select {
		case text := <-c.news:
			announce(text)
		case <-c.link.Ended():
			open = false
		}
	}
	for len(c.news) > 0 { // which have come just before the end
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

// dismissed returns the error that the remote has withdrawn its trust, if that is
// what err means, or else nil.
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

// Do makes one call. Its error is a codec.Error of the remote, link.ErrLost, the cause
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
