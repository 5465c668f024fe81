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
	Conn    *client.Client  // nil while not connected
	Local   *Local          // shared by the commands of a session
	Dialect string          // of the course, spoken on the connection; "" is techsh/1
	Table   Table           // of all commands
	Target  string          // what the session connects to, "" as in client.Dial
	Dial    client.Dial     // for commands that make connections of their own; nil in a job
	Hosts   func() []string // the names of the known computers
	Jobs    Jobs            // of the session; empty in a job
}

// Jobs is what a command may do with background jobs.
type Jobs struct {
	Names func() []string // "%1", …
	// Find returns a function that cancels the job of a name and waits until the job
	// has ended or ctx ends.
	Find func(name codec.Word) (cancel func(context.Context) error, err error)
}

// A Local is the local working folder of a session. That of the process is not
// changed.
type Local struct {
	Dir      string // absolute
	Previous string // the folder before Dir, or ""
}

// Path returns the absolute path of a local name, which may be relative to Dir.
func (l *Local) Path(name string) string { return transfer.Join(l.Dir, name) }

// Expand returns the local names that a word stands for, which may begin with the
// home folder "~" or be a pattern.
func (l *Local) Expand(ctx context.Context, w codec.Word) ([]string, error) {
	return transfer.Expand(ctx, transfer.OS{}, l.Dir, w)
}

// Open opens the local file that a word names, with the flags of os.OpenFile. It
// waits for the other end of a named pipe until ctx ends. The caller closes the file.
func (l *Local) Open(ctx context.Context, w codec.Word, flag int) (*os.File, error) {
	paths, err := l.Expand(ctx, w)
	if err == nil && len(paths) > 1 {
		err = codec.Errorf(codec.BadRequest, "the pattern matches several files")
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

// openFile opens a file, and stops waiting for the other end of a named pipe when
// ctx ends.
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

// Offers reports whether the remote offers what a row needs. Without a connection
// it reports true.
func (e *Env) Offers(r Row) bool {
	if r.FramesOnly && e.Dialect != "" {
		return false
	}
	return r.Verb == "" || e.Conn == nil || slices.Contains(e.Conn.Hello.Verbs, r.Verb)
}

// DialTarget returns the target of a command that makes its own connection: the one
// that its word names, or that of the session.
func (e *Env) DialTarget(in Invocation) string {
	switch {
	case len(in.Words) == 1:
		return in.Words[0].Text
	case e.Conn != nil:
		return e.Conn.Target
	}
	return e.Target
}

// SpokenDialect returns the dialect that is spoken with the remote, or "" for
// techsh/1. The error is that it has not been recognised yet.
func (e *Env) SpokenDialect() (string, error) {
	switch {
	case e.Dialect != dialect.Auto:
		return e.Dialect, nil
	case e.Conn == nil:
		return "", console.WithHint(errors.New("which dialect the server speaks is not known yet"), "open finds out")
	}
	return e.Conn.Hello.System, nil
}
