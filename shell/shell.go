// Package shell is the technician's side: a prompt, scripts, and the
// commands. It owns no process: main gives it its streams, its interrupts
// and a way to reach computers, and gets an exit status back.
//
// Who looks for one half of a command finds the other under the same name in
// package remote:
//
//   - files.go with clashes.go, listing.go, search.go: cd pwd cat mkdir del copy move · dir stat · find du hash df
//   - transfers.go, with get.go, wanted.go, put.go, offered.go, sync.go: get put sync
//   - programs.go, with terminal.go, traces.go, encoding.go: exec sh start
//   - processes.go, with kill.go: ps kill
//   - screen.go: displays shot
//   - machine.go: time name rand echo info say
//   - network.go: net who
//
// Of this side alone: local.go (lcd lpwd ldir !), session.go (open close ping
// history source help exit) with course.go, jobs.go (jobs fg) with sidetask.go
// and collected.go; wire.go (trace wire) with crossing.go and records.go,
// explain.go with answers.go, messages.go and dialects.go (the dialects of the
// course), raw.go (raw expect) with probe.go; doctor.go (doctor), to which
// steps.go tells how far the way to a computer was gone, and lint.go (lint) on
// top of package protocol/lint. Around the rooms: rows.go has
// what a command is, script.go cuts lines into commands, operators.go leads their
// streams elsewhere, running.go runs them, prompt.go is the loop of the prompt on
// top of package lineedit, complete.go with candidates.go the Tab key,
// connection.go the link to the remote, news.go what comes unasked, complaints.go
// what went wrong, and color.go, progress.go, screenful.go, table.go, amounts.go:
// how things look. screen/termimage draws pictures in a terminal.
package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/files"
	"techsh/shell/lineedit"
	"techsh/shell/machine"
	"techsh/shell/programs"
	"techsh/shell/protocol"
	"techsh/shell/screen"
	"techsh/shell/transfers"
)

// The exit statuses.
const (
	StatusOK          = 0
	StatusFailed      = 1   // a command failed
	StatusUsage       = 2   // usage or syntax: nothing was sent
	StatusConnect     = 3   // could not connect, or is not trusted
	StatusLost        = 4   // the link was lost: the last command's outcome is unknown
	StatusInterrupted = 130 // by Ctrl-C
	statusOurs        = 255 // a failure of ours, where the program's own status is passed on
)

// A Shell is one run of techsh. Set the fields, then call Run once.
type Shell struct {
	In, Out, Err console.Stream
	Interrupts   <-chan os.Signal // Ctrl-C while a command runs
	Resized      <-chan struct{}  // the window has another size; may be nil
	Dial         client.Dial
	Handshake    protocol.Handshake // for lint; may be nil
	Dialect      string             // of the course, that targets speak behind Dial; "" is none
	Target       string             // what Dial is first asked for
	Hosts        func() []string    // the names of known computers, which are targets too; may be nil
	Dir          string             // the local working folder
	Config       string             // the folder of the history; "" keeps none
	KeepGoing    bool               // a script goes on after a failure
	Alone        bool               // the whole run is one program: its status is passed on
	Wire         io.Writer          // gets every frame as it crosses; may be nil
	WireFull     bool               // with file contents
	WireSecrets  bool               // with cookies and proofs

	console *console.Console
	local   *command.Local
	table   command.Table
	conn    *client.Client   // nil: not connected
	editor  *lineedit.Editor // nil in scripts
	history *history
	wire    *protocol.Recording
	nested  int // depth of source
	ran     int // how many commands have begun
	leaving bool
	using   atomic.Pointer[client.Client] // by the command that runs
	jobs    jobs
	wg      sync.WaitGroup
}

// A Task is what a run shall do: the first of its fields that is set, or else
// the prompt, or the script on standard input.
type Task struct {
	Words []string // one command, each word as it stands
	Line  *string  // commands separated by ";"
	File  string   // a script; its name
}

// Run does the task and returns the exit status.
func (s *Shell) Run(ctx context.Context, task Task) int {
	s.begin()
	defer s.end()
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

// newTable returns the commands of the session, room by room.
func (s *Shell) newTable() command.Table {
	rows := slices.Concat(files.Rows(), transfers.Rows(), programs.Rows(), screen.Rows(), machine.Rows(),
		s.jobRows(), s.sessionRows(), s.wire.Rows())
	if s.Dialect != "" {
		rows = command.InDialect(rows)
	}
	return command.Table{Rows: rows, Offers: func(r command.Row) bool { return s.env(s.console).Offers(r) }}
}

// Table returns all commands.
func CommandTable() command.Table {
	return (&Shell{wire: protocol.New(protocol.Config{})}).newTable()
}

// env returns what a command that runs on a console may touch.
func (s *Shell) env(c *console.Console) *command.Env {
	return &command.Env{
		Console: c,
		Conn:    s.conn,
		Local:   s.local,
		Dialect: s.Dialect,
		Table:   s.table,
		Target:  s.Target,
		Dial:    s.Dial,
		Hosts:   s.hosts,
		Jobs:    command.Jobs{Names: s.jobs.names, Find: s.jobs.canceller},
	}
}

// hosts returns the names of the computers that we can connect to.
func (s *Shell) hosts() []string {
	if s.Hosts == nil {
		return nil
	}
	return s.Hosts()
}

func (s *Shell) end() {
	_ = s.console.Flush() // an error has been one of the command's
	s.cancelJobs()
	s.hangUp()
	s.wg.Wait()
	if err := s.wire.Close(); err != nil {
		s.console.PrintError(err)
	}
}

// batch parses the whole script, then connects, then runs it.
func (s *Shell) batch(ctx context.Context, task Task) int {
	commands, err := s.load(task)
	if err != nil {
		s.console.PrintError(err)
		return StatusUsage
	}
	s.Alone = s.Alone && len(commands) == 1 && commands[0].Row.PassesStatus && commands[0].JobLine == ""
	if len(commands) == 0 {
		return StatusOK
	}
	if !onlyReaching(commands) {
		if err := s.interruptible(ctx, s.connect); err != nil {
			return s.unconnected(err)
		}
	}
	err = s.runAll(ctx, commands)
	if errors.Is(err, console.ErrInterrupted) {
		s.cancelJobs()
	}
	jerr := s.interruptible(ctx, s.settle)
	if jerr != nil && !console.IsReported(jerr) && (err == nil || ctx.Err() == nil) {
		s.console.PrintError(jerr)
	}
	if err == nil {
		err = jerr
	}
	return s.status(err)
}

// onlyReaching says whether no command needs the shell's connection.
func onlyReaching(commands []command.Command) bool {
	return !slices.ContainsFunc(commands, func(c command.Command) bool { return !c.Row.Dials })
}

// unconnected says why there is no connection to begin with, and returns the
// exit status.
func (s *Shell) unconnected(err error) int {
	s.console.PrintError(err)
	switch {
	case errors.Is(err, console.ErrInterrupted):
		return StatusInterrupted
	case s.Alone:
		return statusOurs
	}
	return StatusConnect
}

// load reads and parses what the task is.
func (s *Shell) load(task Task) ([]command.Command, error) {
	switch {
	case task.Words != nil:
		s.Alone = true
		c, err := s.table.ParseWords(task.Words)
		return []command.Command{c}, err
	case task.Line != nil:
		s.Alone = true
		return s.table.Parse(*task.Line, command.Grammar{Separators: true})
	case task.File != "":
		text, err := os.ReadFile(s.local.Path(task.File))
		if err != nil {
			return nil, console.About(task.File, err)
		}
		return s.table.ParseScript(task.File, text)
	}
	s.console.Script = true
	if s.In.Terminal {
		fmt.Fprintln(s.console.Err, s.console.ErrPaint.Dim("standard output is no terminal: commands are read here until Ctrl-D, and then run"))
	}
	text, err := io.ReadAll(s.console.Input)
	if err != nil {
		return nil, console.AboutStream("standard input", err)
	}
	return s.table.ParseScript("script", text)
}

// status is the exit status that a run's error stands for.
func (s *Shell) status(err error) int {
	program, isProgram := errors.AsType[*command.ExitError](err)
	_, misused := errors.AsType[*console.UsageError](err)
	switch {
	case err == nil:
		return StatusOK
	case s.Alone && isProgram:
		return program.Status
	case errors.Is(err, console.ErrInterrupted):
		return StatusInterrupted
	case misused && s.ran == 1:
		return StatusUsage
	case s.Alone:
		return statusOurs
	case errors.Is(err, client.ErrNotConnected):
		return StatusConnect
	case errors.Is(err, link.ErrLost):
		return StatusLost
	}
	return StatusFailed
}
