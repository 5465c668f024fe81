package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// dropTyped has the terminal f forget what was typed and not read.
func dropTyped(f *os.File) {
	if raw, err := f.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _ = unix.IoctlSetInt(int(fd), unix.TCFLSH, unix.TCIFLUSH) })
	}
}
