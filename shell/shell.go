package shell

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"

	"techsh/codec/landing"
	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/lineedit"
	"techsh/shell/protocol"
)

// The exit statuses.
const (
	StatusOK          = 0
	StatusFailed      = 1   // a command failed
	StatusUsage       = 2   // wrong usage or syntax; nothing was sent
	StatusConnect     = 3   // no connection, or the remote is not trusted
	StatusLost        = 4   // the connection was lost; the outcome of the last command is unknown
	StatusInterrupted = 130 // Ctrl-C
	statusNotProgram  = 255 // techsh itself failed, in a run that otherwise exits with the status of a program
)

// A Shell is one run of techsh. Its fields are set before Run, which must be called
// only once.
type Shell struct {
	In, Out, Err console.Stream
	Interrupts   <-chan os.Signal   // Ctrl-C while a command runs
	Resized      <-chan struct{}    // receives a value when the window size changes; may be nil
	Dial         client.Dial        // opens connections
	Handshake    protocol.Handshake // for the command lint; may be nil
	Dialect      string             // the dialect that Dial speaks; "" means techsh/1
	Target       string             // the initial target
	Hosts        func() []string    // returns the names of known computers; may be nil
	Dir          string             // the local working folder, an absolute path
	Umask        landing.Umask      // umask for received files and folders
	Config       string             // the folder of the history; if "", no history is kept
	KeepGoing    bool               // a script continues after a failed command
	Wire         io.Writer          // receives a record of each frame; may be nil
	WireFull     bool               // write whole file contents to Wire
	WireSecrets  bool               // write cookies and proofs to Wire

	console  *console.Console
	local    *command.Local
	table    command.Table
	conn     *client.Client   // nil if not connected
	editor   *lineedit.Editor // nil if not at a prompt
	history  *history
	wire     *protocol.Recording
	alone    bool // the run is a single command that may exit with the status of a program
	nested   int  // nesting depth of scripts
	ran      int  // number of commands begun
	leaving  bool
	inUse    atomic.Pointer[client.Client] // the connection of the running command
	jobs     jobs
	routines sync.WaitGroup
}

// A Task is what a run does: the first field that is set determines it. If none is
// set, the Shell shows the prompt, or runs the script on standard input.
type Task struct {
	Words []string // a single command of literal words
	Line  *string  // commands separated by ";"
	File  string   // the name of a script

	// Next returns the next line to run; ok is false at the end. The parameter err is the
	// error of the previous line; that error was already printed.
	Next func(err error) (line string, ok bool)
}

// Run runs the task and returns the exit status. It prints all errors.
func (s *Shell) Run(ctx context.Context, task Task) int {
	s.begin()
	defer s.end()
	if task.Next != nil {
		return s.lines(ctx, task.Next)
	}
	if task.Words == nil && task.Line == nil && task.File == "" && s.In.Terminal && s.Out.Terminal {
		return s.prompt(ctx)
	}
	return s.batch(ctx, task)
}

func (s *Shell) begin() {
	s.console = console.New(s.In, s.Out, s.Err, s.Resized)
	s.local = &command.Local{Dir: s.Dir, Umask: s.Umask}
	s.wire = protocol.New(protocol.Config{
		Console:   s.console,
		Dialect:   s.Dialect,
		Handshake: s.Handshake,
		Record:    s.Wire,
		Full:      s.WireFull,
		Secrets:   s.WireSecrets,
	})
	s.table = s.newTable()
}

func (s *Shell) end() {
	_ = s.console.Flush() // the command has already reported the error
	s.cancelJobs()
	s.hangUp()
	s.routines.Wait()
	if err := s.wire.Close(); err != nil {
		s.console.PrintError(err)
	}
}

// status returns the exit status for the error of a run.
func (s *Shell) status(err error) int {
	program, isProgram := errors.AsType[*command.ExitError](err)
	_, misused := errors.AsType[*console.UsageError](err)
	switch {
	case err == nil:
		return StatusOK
	case s.alone && isProgram:
		return program.Status
	case errors.Is(err, console.ErrInterrupted):
		return StatusInterrupted
	case misused && s.ran == 1:
		return StatusUsage
	case s.alone:
		return statusNotProgram
	case errors.Is(err, client.ErrNotConnected):
		return StatusConnect
	case errors.Is(err, link.ErrLost):
		return StatusLost
	}
	return StatusFailed
}
