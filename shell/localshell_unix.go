//go:build unix

package shell

import (
	"context"
	"os/exec"
	"syscall"
)

// localShellCommand returns a command that runs a line in the local shell.
func localShellCommand(ctx context.Context, line string) *exec.Cmd {
	return exec.CommandContext(ctx, "/bin/sh", "-c", "--", line)
}

// shieldFromInterrupt makes Ctrl-C, which is for the foreground, not reach a command
// that has not started yet.
func shieldFromInterrupt(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
