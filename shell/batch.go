package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"techsh/codec"
	"techsh/shell/command"
	"techsh/shell/console"
)

// batch parses all commands of a task, then connects, then runs them.
func (s *Shell) batch(ctx context.Context, task Task) int {
	commands, err := s.load(task)
	if err != nil {
		s.console.PrintError(err)
		return StatusUsage
	}
	s.alone = s.alone && len(commands) == 1 && commands[0].Row.PassesStatus && commands[0].JobLine == ""
	if len(commands) == 0 || needConnection(commands) { // a task without commands tests the connection
		if err := s.interruptible(ctx, s.connect); err != nil {
			return s.notConnected(err)
		}
	}
	err = s.runAll(ctx, s.console, commands)
	if errors.Is(err, console.ErrInterrupted) {
		s.cancelJobs()
	}
	jobsErr := s.interruptible(ctx, s.awaitJobs)
	if jobsErr != nil && !console.IsReported(jobsErr) && (err == nil || ctx.Err() == nil) {
		s.console.PrintError(jobsErr)
	}
	if err == nil {
		err = jobsErr
	}
	return s.status(err)
}

// needConnection reports whether any of the commands uses the session's connection.
func needConnection(commands []command.Command) bool {
	return slices.ContainsFunc(commands, func(c command.Command) bool { return !c.Row.Dials })
}

// notConnected prints the error of the first connection attempt and returns the exit
// status.
func (s *Shell) notConnected(err error) int {
	s.console.PrintError(err)
	switch {
	case errors.Is(err, console.ErrInterrupted):
		return StatusInterrupted
	case s.alone:
		return statusNotProgram
	}
	return StatusConnect
}

// load reads and parses the commands of a task.
func (s *Shell) load(task Task) ([]command.Command, error) {
	switch {
	case task.Words != nil:
		s.alone = true
		c, err := s.table.ParseWords(task.Words)
		return []command.Command{c}, err
	case task.Line != nil:
		s.alone = true
		return s.table.Parse(*task.Line, command.Grammar{Separators: true})
	case task.File != "":
		return s.loadFile(task.File)
	}
	s.console.Script = true
	if s.In.Terminal {
		fmt.Fprintln(s.console.Err, s.console.ErrPaint.Dim(
			"standard output is not a terminal: commands are read from the terminal until Ctrl-D and then run"))
	}
	text, err := io.ReadAll(s.console.Input)
	if err != nil {
		return nil, console.AboutStream("standard input", err)
	}
	return s.table.ParseScript("script", text)
}

// loadFile reads and parses a local script.
func (s *Shell) loadFile(path string) ([]command.Command, error) {
	text, err := os.ReadFile(s.local.Path(path))
	if err != nil {
		return nil, console.About(path, err)
	}
	return s.table.ParseScript(path, text)
}

const maxNested = 16

// source runs a local script on a console.
func (s *Shell) source(ctx context.Context, on *console.Console, path string) error {
	if s.nested == maxNested {
		return fmt.Errorf("%s: scripts call scripts %d levels deep", codec.Name(path), maxNested)
	}
	commands, err := s.loadFile(path)
	if err != nil {
		return err
	}
	s.nested++
	defer func() { s.nested-- }()
	return s.runAll(ctx, on, commands)
}
