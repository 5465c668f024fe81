package shell

import (
	"context"
	"errors"
	"os/exec"
	"strings"
	"time"

	"techsh/shell/command"
)

// runLocalShell runs the rest of the line in the local shell, on the terminal.
func runLocalShell(ctx context.Context, env *command.Env, in command.Invocation) error {
	line := in.Words[0].Text
	cmd := localShellCommand(ctx, line)
	cmd.Dir = env.Local.Dir
	cmd.Stdout, cmd.Stderr = env.Console.Out.File, env.Console.Err.File
	if !env.Console.Script {
		cmd.Stdin = env.Console.In.File
	}
	cmd.Cancel = func() error { return nil } // Ctrl-C in the terminal also reaches the command
	cmd.WaitDelay = time.Second
	return localExitError(strings.TrimSpace(line), cmd.Run())
}

// localExitError converts the exit status of a local command to a *command.ExitError,
// and returns other errors unchanged.
func localExitError(line string, err error) error {
	e, ok := errors.AsType[*exec.ExitError](err)
	if !ok {
		return err
	}
	return &command.ExitError{
		Program: line,
		Reason:  e.ProcessState.String(),
		Status:  max(1, e.ExitCode()&255),
	}
}
