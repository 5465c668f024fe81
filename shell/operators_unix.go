//go:build unix

package shell

import (
	"os/exec"
	"syscall"
)

// beside keeps Ctrl-C, which is for what runs in the foreground, from a
// command.
func beside(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
