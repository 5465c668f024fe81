package command

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/codec/landing"
	"techsh/codec/transfer"
	"techsh/shell/client"
	"techsh/shell/console"
)

// An Env holds everything that a command may use. Commands that change the session
// itself, such as its connection, are in package shell.
type Env struct {
	Console *console.Console
	Conn    *client.Client  // nil while not connected
	Local   *Local          // shared by the commands of a session
	Dialect string          // the dialect spoken on the connection; "" means techsh/1
	Table   Table           // all commands
	Target  string          // the target of the session; "" means the initial one, as in client.Dial
	Dial    client.Dial     // for commands that open separate connections; nil in a job
	Hosts   func() []string // returns the names of known computers
	Jobs    Jobs            // empty in a job
}

// Jobs gives commands access to background jobs.
type Jobs struct {
	Names func() []string // returns the names of the jobs, such as "%1"
	// Find returns a function that cancels the job called name and waits until the
	// job has ended or ctx is done.
	Find func(name codec.Word) (cancel func(context.Context) error, err error)
}

// A Local is the local working folder of a session. It differs from the working
// directory of the process.
type Local struct {
	Dir      string // absolute path
	Previous string // the previous value of Dir, or ""

	Umask landing.Umask // the umask for files and folders that arrive
}

// Path returns the absolute path of a local name, which may be relative to Dir.
func (l *Local) Path(name string) string { return transfer.Join(l.Dir, name) }

// Expand returns the local names for a word, which may begin with "~" or be a pattern.
// The memory for the names is taken out of budget.
func (l *Local) Expand(ctx context.Context, w codec.Word, budget *codec.Budget) (transfer.Matches, error) {
	found, err := transfer.Expand(ctx, transfer.OS{}, l.Dir, w, budget)
	for folder := range found.Long() {
		return found, codec.Explain(folder, landing.ErrLongPath())
	}
	return found, err
}

// One is like Expand, for a word that must stand for exactly one name.
func (l *Local) One(ctx context.Context, w codec.Word) (string, error) {
	found, err := l.Expand(ctx, w, &codec.Budget{})
	if err == nil && found.Len() > 1 {
		err = codec.Errorf(codec.BadRequest, "the pattern matches several files")
	}
	if err != nil {
		return "", console.About(w.Text, err)
	}
	return found.First(), nil
}

// Open opens a local file with the flags of os.OpenFile. If the file is a named pipe,
// Open waits until another process opens the other end, or until ctx is done. The caller
// closes the file.
func (l *Local) Open(ctx context.Context, w codec.Word, flag int) (*os.File, error) {
	path, err := l.One(ctx, w)
	if err == nil {
		path = l.Path(path)
		err = console.About(w.Text, checkNew(path, flag))
	}
	if err != nil {
		return nil, err
	}
	f, err := openFile(ctx, path, flag)
	if ctx.Err() != nil {
		return f, err
	}
	return f, console.About(w.Text, err)
}

// checkNew returns an error if opening a file would create the file, and its name is not
// allowed for new files.
func checkNew(path string, flag int) error {
	if _, err := os.Lstat(path); flag&os.O_CREATE == 0 || !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return landing.CheckNewName(filepath.Base(path))
}

// openFile opens a file. If the file is a named pipe, openFile waits until another
// process opens the other end, or until ctx is done.
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

// Offers reports whether the remote offers what a row needs. Without a connection it
// returns true.
func (e *Env) Offers(r Row) bool {
	if r.FramesOnly && e.Dialect != "" {
		return false
	}
	return r.Verb == "" || e.Conn == nil || slices.Contains(e.Conn.Hello.Verbs, r.Verb)
}

// DialTarget returns the target for a command that opens a separate connection: the
// argument of the command, or else the target of the session.
func (e *Env) DialTarget(in Invocation) string {
	switch {
	case len(in.Words) == 1:
		return in.Words[0].Text
	case e.Conn != nil:
		return e.Conn.Target
	}
	return e.Target
}

// SpokenDialect returns the dialect of the connection, or "" for techsh/1. It returns
// an error if the dialect is not recognised yet.
func (e *Env) SpokenDialect() (string, error) {
	switch {
	case e.Dialect != dialect.Auto:
		return e.Dialect, nil
	case e.Conn == nil:
		return "", console.WithHint(errors.New("the dialect of the server is not known yet"), "open finds out")
	}
	return e.Conn.Hello.System, nil
}
