package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// dropTyped discards the unread input of the terminal f.
func dropTyped(f *os.File) {
	const read = 1 // FREAD of sys/fcntl.h
	if raw, err := f.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _ = unix.IoctlSetPointerInt(int(fd), unix.TIOCFLUSH, read) })
	}
}
