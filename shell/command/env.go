package command

import (
	"context"
	"errors"
	"os"
	"slices"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/codec/transfer"
	"techsh/shell/client"
	"techsh/shell/console"
)

// An Env is what a command may touch. What changes the session itself, such as
// the connection, belongs to the engine.
type Env struct {
	Console *console.Console
	Conn    *client.Client // nil: not connected
	Local   *Local         // shared by all commands of a session
	Dialect string         // of the course, that the connection speaks; "" is none
	Table   Table          // of the commands
	Target  string         // what commands that connect themselves are about, without a word of their own
	Dial    client.Dial
	Hosts   func() []string // the names of known computers
	Jobs    Jobs
}

// Jobs is what a command may do with background jobs.
type Jobs struct {
	Names func() []string // "%1", …
	// Find returns what cancels the job that a word names and waits until it has
	// ended.
	Find func(name codec.Word) (cancel func(context.Context) error, err error)
}

// A Local is the local working folder, which is that of a session and not
// of the process.
type Local struct {
	Dir      string // absolute
	Previous string // the one before, or ""
}

// Path returns the absolute path of a local name that was typed.
func (l *Local) Path(name string) string { return transfer.Join(l.Dir, name) }

// Expand returns the local names that a word means: home, patterns.
func (l *Local) Expand(ctx context.Context, w codec.Word) ([]string, error) {
	return transfer.Expand(ctx, transfer.OS{}, l.Dir, w)
}

// Open opens the local file that a word names. A named pipe waits for somebody at
// its other end, until ctx ends.
func (l *Local) Open(ctx context.Context, w codec.Word, flag int) (*os.File, error) {
	paths, err := l.Expand(ctx, w)
	if err == nil && len(paths) > 1 {
		err = codec.Errorf(codec.BadRequest, "it matches several, one is wanted")
	}
	if err != nil {
		return nil, console.About(w.Text, err)
	}
	f, err := openFile(ctx, l.Path(paths[0]), flag)
	if ctx.Err() != nil {
		return f, err
	}
	return f, console.About(w.Text, err)
}

// openFile opens a file, and does not wait for a named pipe when ctx ends.
func openFile(ctx context.Context, path string, flag int) (*os.File, error) {
	files, errs := make(chan *os.File), make(chan error, 1)
	go func() {
		f, err := os.OpenFile(path, flag, 0o666)
		if err != nil {
			errs <- err
			return
		}
		select {
		case files <- f:
		case <-ctx.Done():
			f.Close()
		}
	}()
	select {
	case f := <-files:
		return f, nil
	case err := <-errs:
		return nil, err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// Offers reports whether the remote can do what a row needs, as far as that is
// known.
func (e *Env) Offers(r Row) bool {
	if r.FramesOnly && e.Dialect != "" {
		return false
	}
	return r.Verb == "" || e.Conn == nil || slices.Contains(e.Conn.Hello.Verbs, r.Verb)
}

// DialTarget returns the target of a command that connects itself: the one it names, or
// the session's.
func (e *Env) DialTarget(in Invocation) string {
	switch {
	case len(in.Words) == 1:
		return in.Words[0].Text
	case e.Conn != nil:
		return e.Conn.Target
	}
	return e.Target
}

// SpokenDialect returns the dialect in which commands cross, or "" where that is
// techsh/1.
func (e *Env) SpokenDialect() (string, error) {
	switch {
	case e.Dialect != dialect.Auto:
		return e.Dialect, nil
	case e.Conn == nil:
		return "", console.WithHint(errors.New("which dialect the server speaks is not known yet"), "open finds out")
	}
	return e.Conn.Hello.System, nil
}
