package shell

import (
	"context"
	"errors"
	"io"
	"os"
	"sync"
	"sync/atomic"

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
	StatusUsage       = 2   // wrong usage or syntax: nothing was sent
	StatusConnect     = 3   // no connection, or the remote is not trusted
	StatusLost        = 4   // the link was lost: the outcome of the last command is unknown
	StatusInterrupted = 130 // Ctrl-C
	statusNotProgram  = 255 // a failure of techsh in a run that passes on a program's status
)

// A Shell is one run of techsh. Its fields are set before Run, which may be called
// once.
type Shell struct {
	In, Out, Err console.Stream
	Interrupts   <-chan os.Signal   // Ctrl-C while a command runs
	Resized      <-chan struct{}    // receives when the window has another size; may be nil
	Dial         client.Dial        // opens the connections
	Handshake    protocol.Handshake // of the command lint; may be nil
	Dialect      string             // the dialect of the course that Dial speaks; "" is none
	Target       string             // the first target to dial
	Hosts        func() []string    // returns the names of known computers; may be nil
	Dir          string             // the local working folder, absolute
	Config       string             // the folder of the history; "" keeps none
	KeepGoing    bool               // a script continues after a failed command
	Wire         io.Writer          // receives a record of every frame; may be nil
	WireFull     bool               // Wire receives whole file contents
	WireSecrets  bool               // Wire receives cookies and proofs

	console  *console.Console
	local    *command.Local
	table    command.Table
	conn     *client.Client   // nil: not connected
	editor   *lineedit.Editor // nil: not at a prompt
	history  *history
	wire     *protocol.Recording
	alone    bool // the run is one command, which may pass on a program's status
	nested   int  // how many scripts run within each other
	ran      int  // the number of commands that have begun
	leaving  bool
	inUse    atomic.Pointer[client.Client] // the connection of the command that runs
	jobs     jobs
	routines sync.WaitGroup
}

// A Task is what a run does: the first of these fields that is set, or else the
// prompt, or the script on standard input.
type Task struct {
	Words []string // one command: each is one word as it stands
	Line  *string  // commands separated by ";"
	File  string   // the name of a script

	// Next is called for one line after another until it returns false. err is
	// the error of the line before, which has been printed.
	Next func(err error) (line string, ok bool)
}

// Run does the task and returns the exit status. Errors have been printed.
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
	s.local = &command.Local{Dir: s.Dir}
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
	_ = s.console.Flush() // a command has reported the error
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
