package shell

import (
	"context"
	"errors"
	"time"

	"techsh/codec"
	"techsh/shell/client"
	"techsh/shell/protocol"
)

const reopenTimeout = 10 * time.Second

// connect opens the connection to s.Target.
func (s *Shell) connect(ctx context.Context) error { return s.open(ctx, s.Target, "") }

// open connects to target and closes the previous connection. The session begins in
// the remote folder cwd unless cwd is "".
func (s *Shell) open(ctx context.Context, target, cwd string) error {
	c, _, err := s.dial(ctx, target)
	if err != nil {
		return err
	}
	s.hangUp()
	s.conn = c
	c.Reopens = true
	if s.editor != nil {
		c.OnLost = s.reopen
	}
	s.routines.Go(func() { s.watch(c) })
	return c.SetCwd(ctx, cwd)
}

// dial returns a connection to target, and the Tap that records its frames.
func (s *Shell) dial(ctx context.Context, target string) (*client.Client, *protocol.Tap, error) {
	tap := s.wire.NewTap()
	c, err := client.Open(ctx, target, client.Options{
		Dial:  s.Dial,
		Ask:   s.console.AskSecret,
		Names: s.hostNames(),
		Tap:   tap.Observe,
		Retry: s.console.PrintError,
	})
	return c, tap, err
}

// reopen replaces a connection that does not respond.
func (s *Shell) reopen(ctx context.Context, lost error) error {
	dialCtx, cancel := context.WithTimeoutCause(context.WithoutCancel(ctx), reopenTimeout, errors.New("no answer"))
	defer cancel()
	if err := s.open(dialCtx, s.conn.Target, s.conn.Cwd); err != nil {
		return errors.Join(lost, err)
	}
	s.console.Tell("%s did not answer: this is a new connection", codec.Show(s.conn.Hello.Host))
	return context.Cause(ctx)
}

// hangUp closes the connection, if there is one.
func (s *Shell) hangUp() {
	s.conn.Close()
	s.conn = nil
}

// watch shows news from the remote until the connection ends. If a line is then being
// read at the prompt, watch also shows the error that ended the connection.
func (s *Shell) watch(c *client.Client) {
	err := c.Watch(func(text string) { s.announce(c, "", text) })
	if err != nil && s.console.Typing() {
		s.console.Notify(s.console.FormatError(err))
		s.editor.Reprompt(s.promptText(nil))
	}
}

// announce shows news from a remote. prefix is the number of a job, or "".
func (s *Shell) announce(c *client.Client, prefix, text string) {
	s.console.Announce(prefix + codec.Show(c.Hello.Host+": "+text))
}

// promptText returns "HOST FOLDER> ", or "not connected> ".
func (s *Shell) promptText(c *client.Client) string {
	if !c.Alive() {
		return s.console.Paint.Bad("not connected") + "> "
	}
	text := s.console.Paint.Host(codec.Show(c.Hello.Host))
	if c.Cwd != "" { // dialects have no working folder
		text += " " + s.console.Paint.Folder(codec.Show(c.Cwd))
	}
	return text + "> "
}
