//go:build unix

package shell

import (
	"os/exec"
	"syscall"
)

// escapes says that a backslash and single quotes quote in the shell here.
const escapes = true

// beside keeps Ctrl-C, which is for what runs in the foreground, from a
// command.
func beside(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
