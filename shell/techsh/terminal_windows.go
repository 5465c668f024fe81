package main

import (
	"os/exec"
	"syscall"
)

// resizes never tells: consoles here send no signal.
func resizes() (<-chan struct{}, func()) { return nil, func() {} }

// apart keeps Ctrl-C from the child.
func apart(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
