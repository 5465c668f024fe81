package main

import (
	"os"

	"golang.org/x/sys/unix"
)

// dropTyped discards what was typed at the terminal f and not read.
func dropTyped(f *os.File) {
	const read = 1 // FREAD of sys/fcntl.h
	if raw, err := f.SyscallConn(); err == nil {
		_ = raw.Control(func(fd uintptr) { _ = unix.IoctlSetPointerInt(int(fd), unix.TIOCFLUSH, read) })
	}
}
