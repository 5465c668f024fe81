package screen

import (
	"os/exec"
	"syscall"
)

// detach starts a program in a process group of its own, which Ctrl-C does not reach.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
