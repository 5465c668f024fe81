package shell

import (
	"context"
	"os/exec"
	"syscall"
)

// shellCommand runs a line in the shell of this side, which parses it itself.
func shellCommand(ctx context.Context, line string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "cmd.exe")
	cmd.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd.exe /d /s /c "` + line + `"`}
	return cmd
}
