//go:build unix

package screen

import (
	"os/exec"
	"syscall"
)

// detach takes our terminal away from a program, with its Ctrl-C.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
