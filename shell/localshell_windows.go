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

// shieldFromInterrupt prevents Ctrl-C, which is meant for the foreground, from
// reaching a command that has not started yet.
func shieldFromInterrupt(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.CreationFlags |= syscall.CREATE_NEW_PROCESS_GROUP
}
