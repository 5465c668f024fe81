//go:build unix

package screen

import (
	"os/exec"
	"syscall"
)

// detach makes cmd run in a session without the terminal, so that Ctrl-C does not
// reach it.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
