package shell

import (
	"context"
	"errors"

	"techsh/shell/command"
	"techsh/shell/console"
)

// lines calls the function next for one line after another, and runs each as if it were
// typed at the prompt.
func (s *Shell) lines(ctx context.Context, next func(err error) (line string, ok bool)) int {
	var err error
	for begun := false; !s.leaving; {
		line, ok := next(err)
		if !ok {
			break
		}
		var commands []command.Command
		if commands, err = s.table.Parse(line, command.Grammar{Separators: true, Prefixes: true}); err != nil {
			s.console.PrintError(err)
			continue
		}
		if !begun && needConnection(commands) {
			begun = true
			if err = s.interruptible(ctx, s.connect); err != nil {
				s.console.PrintError(err)
				continue
			}
		}
		if err = s.runAll(ctx, s.console, commands); errors.Is(err, console.ErrInterrupted) {
			s.cancelJobs()
		}
	}
	if jobsErr := s.interruptible(ctx, s.awaitJobs); err == nil {
		err = jobsErr
	}
	return s.status(err)
}
