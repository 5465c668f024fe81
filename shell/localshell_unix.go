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

// shieldFromInterrupt makes cmd start in a process group of its own, so that Ctrl-C,
// which is meant for the foreground, does not reach cmd. shieldFromInterrupt must be
// called before cmd starts.
func shieldFromInterrupt(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
