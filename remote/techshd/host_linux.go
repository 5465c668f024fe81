package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// dropTyped discards what was typed at the terminal f and not read.
func dropTyped(f *os.File) {
	if raw, err := f.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _ = unix.IoctlSetInt(int(fd), unix.TCFLSH, unix.TCIFLUSH) })
	}
}
