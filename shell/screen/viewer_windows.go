package screen

import (
	"os/exec"
	"syscall"
)

// detach makes cmd run in a process group of its own, so that Ctrl-C does not reach
// it.
func detach(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
