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
// history source help exit) with course.go, jobs.go (jobs fg) with sidejob.go
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
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
	"sync/atomic"

	"techsh/codec/link"
	"techsh/shell/lineedit"
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

// Reach opens the way to a target: a connection and how to begin on it. An
// empty target is the one that was given at the start. ask gets a secret from
// the person, or says why it cannot.
type Reach func(ctx context.Context, target string, ask func(prompt string) (string, error)) (io.ReadWriteCloser, link.Opening, error)

// A Shell is one run of techsh. Set the fields, then call Run once.
type Shell struct {
	In, Out, Err Stream
	Interrupts   <-chan os.Signal // Ctrl-C while a command runs
	Resized      <-chan struct{}  // the window has another size; may be nil
	Reach        Reach
	Handshake    Handshake       // for lint; may be nil
	Dialect      string          // of the course, that targets speak behind Reach; "" is none
	Target       string          // what Reach is first asked for
	Hosts        func() []string // the names of known computers, which are targets too; may be nil
	Dir          string          // the local working folder
	Config       string          // the folder of the history; "" keeps none
	KeepGoing    bool            // a script goes on after a failure
	Alone        bool            // the whole run is one program: its status is passed on
	Wire         io.Writer       // gets every frame as it crosses; may be nil
	WireFull     bool            // with file contents
	WireSecrets  bool            // with cookies and proofs

	out      *bufio.Writer
	printed  *lastLine // what out writes to
	label    string    // of the command that runs, in front of what it remarks
	paint    palette   // for Out
	warn     palette   // for Err
	rows     []row
	conn     *connection
	editor   *lineedit.Editor // nil in scripts
	history  *history
	input    *feed
	script   bool // standard input is the script
	nested   int  // depth of source
	ran      int  // how many commands have begun
	leaving  bool
	back     string                     // the local folder we were in before, or ""
	using    atomic.Pointer[connection] // by the command that runs
	lent     atomic.Pointer[loan]       // our terminal, while it is a program's
	jobs     jobs
	job      *sideJob // whose shell this is, or nil
	wire     *wire
	explains *explanation // whose shell this is, or nil
	wg       sync.WaitGroup
}

// A Job is what a run shall do: the first of its fields that is set, or else
// the prompt, or the script on standard input.
type Job struct {
	Words []string // one command, each word as it stands
	Line  *string  // commands separated by ";"
	File  string   // a script; its name
}

// Run does the job and returns the exit status.
func (s *Shell) Run(ctx context.Context, job Job) int {
	s.begin()
	defer s.end()
	if job.Words == nil && job.Line == nil && job.File == "" && s.In.Terminal && s.Out.Terminal {
		return s.prompt(ctx)
	}
	return s.batch(ctx, job)
}

func (s *Shell) begin() {
	s.printed = &lastLine{w: s.Out}
	s.out = bufio.NewWriterSize(s.printed, 64<<10)
	s.paint, s.warn = newPalette(s.Out.Color), newPalette(s.Err.Color)
	s.rows = s.table()
	s.input = newFeed(s.In)
	s.wire = newWire(s)
}

func (s *Shell) end() {
	_ = s.out.Flush() // an error has been one of the command's
	s.cancelJobs()
	s.hangUp()
	s.wg.Wait()
	if err := s.wire.close(); err != nil {
		s.complain(err)
	}
}

// batch parses the whole script, then connects, then runs it.
func (s *Shell) batch(ctx context.Context, job Job) int {
	commands, err := s.load(job)
	if err != nil {
		s.complain(err)
		return StatusUsage
	}
	s.Alone = s.Alone && len(commands) == 1 && commands[0].row.passes && commands[0].typed == ""
	if len(commands) == 0 {
		return StatusOK
	}
	if !onlyReaching(commands) {
		if err := s.interruptible(ctx, s.connect); err != nil {
			return s.unconnected(err)
		}
	}
	err = s.runAll(ctx, commands)
	if errors.Is(err, errInterrupted) {
		s.cancelJobs()
	}
	jerr := s.interruptible(ctx, s.settle)
	if jerr != nil && !alreadySaid(jerr) && (err == nil || ctx.Err() == nil) {
		s.complain(jerr)
	}
	if err == nil {
		err = jerr
	}
	return s.status(err)
}

// onlyReaching says whether no command needs the shell's connection.
func onlyReaching(commands []command) bool {
	return !slices.ContainsFunc(commands, func(c command) bool { return !c.row.reaches })
}

// unconnected says why there is no connection to begin with, and returns the
// exit status.
func (s *Shell) unconnected(err error) int {
	s.complain(err)
	switch {
	case errors.Is(err, errInterrupted):
		return StatusInterrupted
	case s.Alone:
		return statusOurs
	}
	return StatusConnect
}

// load reads and parses what the job is.
func (s *Shell) load(job Job) ([]command, error) {
	switch {
	case job.Words != nil:
		s.Alone = true
		c, err := s.argv(job.Words)
		return []command{c}, err
	case job.Line != nil:
		s.Alone = true
		return s.parse(*job.Line, grammar{separators: true})
	case job.File != "":
		text, err := os.ReadFile(localPath(s.Dir, job.File))
		if err != nil {
			return nil, about(job.File, err)
		}
		return s.parseScript(job.File, text)
	}
	s.script = true
	if s.In.Terminal {
		fmt.Fprintln(s.Err, s.warn.dim("standard output is no terminal: commands are read here until Ctrl-D, and then run"))
	}
	text, err := io.ReadAll(s.input)
	if err != nil {
		return nil, aboutStream("standard input", err)
	}
	return s.parseScript("script", text)
}

// status is the exit status that a run's error stands for.
func (s *Shell) status(err error) int {
	program, isProgram := errors.AsType[*exitError](err)
	_, misused := errors.AsType[*misuse](err)
	switch {
	case err == nil:
		return StatusOK
	case s.Alone && isProgram:
		return program.status
	case errors.Is(err, errInterrupted):
		return StatusInterrupted
	case misused && s.ran == 1:
		return StatusUsage
	case s.Alone:
		return statusOurs
	case errors.Is(err, errNotConnected):
		return StatusConnect
	case errors.Is(err, link.ErrLost):
		return StatusLost
	}
	return StatusFailed
}

// tell says something that is no data: on standard error, and only to a
// person at the prompt; what a job says last goes into its report.
func (s *Shell) tell(format string, args ...any) {
	if s.job != nil && s.job.of.editor != nil {
		s.job.printed.tell(fmt.Sprintf(format, args...))
	}
	if s.editor == nil {
		return
	}
	s.freshLine()
	fmt.Fprintln(s.Err, s.warn.dim(fmt.Sprintf(format, args...)))
}

// freshLine ends a line that a program has left open on a terminal.
func (s *Shell) freshLine() {
	s.out.Flush()
	if s.Out.Terminal && s.printed.open.Load() {
		_, _ = s.printed.Write([]byte("\n"))
	}
}
