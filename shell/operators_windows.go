package shell

import (
	"os/exec"
	"syscall"
)

// beside keeps Ctrl-C, which is for what runs in the foreground, from a
// command.
func beside(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.CreationFlags |= syscall.CREATE_NEW_PROCESS_GROUP
}
