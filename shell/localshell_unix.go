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

// shieldFromInterrupt prevents Ctrl-C, which is meant for the foreground, from
// reaching a command that has not started yet.
func shieldFromInterrupt(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
