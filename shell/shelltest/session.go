// Package shelltest helps to test package shell: it provides a Shell that runs single
// lines, a prompt at a terminal, and servers, including hostile ones. Only tests
// import it.
package shelltest

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/shell"
	"techsh/shell/client"
	"techsh/shell/console"
)

// Timeout is how long a test waits for an event: much longer than the slowest
// computer needs.
const Timeout = time.Minute

// A Session is a Shell without a terminal. Its standard output and standard error are one
// file. The Shell is started when the first line is run, and ends with the test.
type Session struct {
	testing.TB
	Dial       client.Dial           // used when the Shell connects; may be changed at any time
	Configure  func(*shell.Shell)    // changes the Shell before it starts; may be nil
	Dir        string                // the local folder
	Tree       string                // the folder of the server, or ""
	Interrupts chan os.Signal        // each value acts as Ctrl-C
	Masks      []func(string) string // applied to the output by Printed

	outTerminal, errTerminal bool

	out     *os.File
	printed int64 // how much output Printed has returned
	lines   chan string
	errs    chan error
	ended   chan struct{}
	cancel  context.CancelFunc
	status  int
}

// New returns a Session that connects with dial, in an empty local folder.
func New(t testing.TB, dial client.Dial) *Session {
	t.Helper()
	out, err := os.Create(filepath.Join(t.TempDir(), "output"))
	require.NoError(t, err)
	s := &Session{
		TB:         t,
		Dial:       dial,
		Dir:        t.TempDir(),
		Interrupts: make(chan os.Signal, 8),
		out:        out,
	}
	t.Cleanup(func() {
		if s.lines != nil {
			s.cancel() // do not wait for jobs
		}
		s.Close()
		out.Close()
	})
	return s
}

// newShell returns a Shell with the given streams.
func (s *Session) newShell(in, out, err console.Stream) *shell.Shell {
	sh := &shell.Shell{
		In:         in,
		Out:        out,
		Err:        err,
		Interrupts: s.Interrupts,
		Dir:        s.Dir,
		Dial:       s.dial,
	}
	if s.Configure != nil {
		s.Configure(sh)
	}
	return sh
}

// start starts the Shell unless it is running.
func (s *Session) start() {
	if s.lines != nil {
		return
	}
	s.Helper()
	in, err := os.Open(os.DevNull)
	require.NoError(s, err)
	out := console.Stream{File: s.out, Terminal: s.outTerminal}
	sh := s.newShell(console.Stream{File: in}, out, console.Stream{File: s.out, Terminal: s.errTerminal})
	s.lines, s.errs, s.ended = make(chan string), make(chan error), make(chan struct{})
	first := true
	next := func(err error) (line string, ok bool) {
		if !first {
			s.errs <- err
		}
		first = false
		line, ok = <-s.lines
		return line, ok
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.Context()))
	s.cancel = cancel
	go func() {
		defer close(s.ended)
		defer in.Close()
		s.status = sh.Run(ctx, shell.Task{Next: next})
	}()
}

// Terminals ends the Shell. The next line starts a new Shell; out and err say whether it
// treats standard output and standard error as terminals.
func (s *Session) Terminals(out, err bool) {
	s.Close()
	s.outTerminal, s.errTerminal = out, err
}

// Run runs a line as if it was typed at the prompt. The Shell prints the error of the
// line; Run also returns it.
func (s *Session) Run(line string) error {
	s.Helper()
	s.start()
	select {
	case s.lines <- line:
	case <-s.ended:
		require.FailNow(s, "the session has ended", line)
	}
	select {
	case err := <-s.errs:
		return err
	case <-s.ended: // the line has ended the Shell
		return nil
	}
}

// Does runs a line, which must succeed.
func (s *Session) Does(line string) {
	s.Helper()
	require.NoError(s, s.Run(line), line)
}

// Says runs a line and returns its output.
func (s *Session) Says(line string) string {
	s.Helper()
	_ = s.Run(line)
	return s.Printed()
}

// Printed returns the output since the previous call of Printed.
func (s *Session) Printed() string {
	s.Helper()
	b, err := os.ReadFile(s.out.Name())
	require.NoError(s, err)
	text := string(b[s.printed:])
	s.printed = int64(len(b))
	for _, mask := range s.Masks {
		text = mask(text)
	}
	return text
}

// PrintedUntil waits until the output contains text, and returns the output.
func (s *Session) PrintedUntil(text string) string {
	s.Helper()
	printed := ""
	for end := time.Now().Add(Timeout); !strings.Contains(printed, text); time.Sleep(time.Millisecond) {
		if printed += s.Printed(); time.Now().After(end) {
			require.Contains(s, printed, text)
		}
	}
	return printed
}

// Close ends the Shell as the end of a script does: the Shell waits for jobs. Close
// returns the exit status.
func (s *Session) Close() int {
	if s.lines == nil {
		return 0
	}
	select {
	case <-s.ended:
	default:
		close(s.lines)
		<-s.ended
	}
	s.cancel()
	s.lines = nil
	return s.status
}

// Batch runs a task in a separate Shell with the same streams, and returns its exit
// status.
func (s *Session) Batch(ctx context.Context, task shell.Task) int {
	s.Helper()
	in, err := os.Open(os.DevNull)
	require.NoError(s, err)
	defer in.Close()
	out := console.Stream{File: s.out}
	return s.newShell(console.Stream{File: in}, out, out).Run(ctx, task)
}

// Line returns the task of running a line, as with the option -c.
func Line(line string) shell.Task { return shell.Task{Line: &line} }

// Interrupt sends Ctrl-C to the running command.
func (s *Session) Interrupt() { s.Interrupts <- os.Interrupt }
