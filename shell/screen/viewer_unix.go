//go:build unix

package screen

import (
	"os/exec"
	"syscall"
)

// detach starts a program in a session of its own, without the terminal and its Ctrl-C.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
