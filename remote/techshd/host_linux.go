package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// dropTyped discards the unread input of the terminal f.
func dropTyped(f *os.File) {
	if raw, err := f.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _ = unix.IoctlSetInt(int(fd), unix.TCFLSH, unix.TCIFLUSH) })
	}
}
