package shell

import (
	"context"
	"os/exec"
	"syscall"
)

// localShellCommand returns a command that runs a line in cmd.exe, which parses the
// line itself.
func localShellCommand(ctx context.Context, line string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "cmd.exe")
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd.exe /d /s /c "` + line + `"`}
	return cmd
}

// shieldFromInterrupt makes cmd start in a process group of its own, so that Ctrl-C,
// which is meant for the foreground, does not reach cmd. shieldFromInterrupt must be
// called before cmd starts.
func shieldFromInterrupt(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.CreationFlags |= syscall.CREATE_NEW_PROCESS_GROUP
}
