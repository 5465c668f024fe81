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

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/console"
)

// Options are the options of Open.
type Options struct {
	Dial  Dial
	Ask   func(prompt string) (string, error) // as in Dial
	Names []string                            // known computers; a target that is one of them becomes Hello.Host
	Tap   func(sent bool, f codec.Frame)      // called with each frame; may be nil
	Retry func(err error)                     // called before the user is asked again; may be nil
}

// Open connects to target. After a wrong answer of the user, such as a wrong cookie,
// it tries again, at most twice.
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

// open makes one attempt. Its error wraps errWrongAnswer if the user's answer was wrong.
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
		c.Hello.Host = target // a remote can claim any name
	}
	return c, nil
}

// Greet opens a link on rwc, which is a connection to target. It owns rwc, and closes it
// if the greeting fails.
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

// ExplainGreeting adds the target and a hint to an error of Greet.
func ExplainGreeting(target string, o link.Opening, err error) error {
	hint := console.HintOf(err)
	cause, broken := errors.AsType[*net.OpError](err)
	switch {
	case errors.Is(err, &codec.Error{Code: codec.Unpaired}):
		return err // already explains itself
	case errors.Is(err, &codec.Error{Code: codec.BadFrame}):
		err = fmt.Errorf("it answered, but it is not techshd: %w", err)
		if o.Cookie != "" {
			hint = "nothing was sent but the cookie"
		}
	case o.Cookie != "" && errors.Is(err, &codec.Error{Code: codec.NotAllowed}):
		hint = "techshd --plain prints its cookie when it starts: auth COOKIE"
	case err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF):
		err = errors.New("it closed the connection before it greeted")
	case broken:
		err = cause.Err
	}
	return console.WithHint(fmt.Errorf("%s: %w", TargetName(target), err), hint)
}

// TargetName returns the name by which error messages refer to a target.
func TargetName(target string) string {
	if target == "" {
		return "connection"
	}
	return target
}

// self returns the local user and host, for the log of the remote.
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
