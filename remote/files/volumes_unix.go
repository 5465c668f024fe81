//go:build unix

package files

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// statfs describes the file system that an open folder is on.
func statfs(dir *os.Root) (st unix.Statfs_t, err error) {
	f, err := dir.Open(".")
	if err != nil {
		return st, err
	}
	defer f.Close()
	raw, err := f.SyscallConn()
	if err != nil {
		return st, err
	}
	cerr := raw.Control(func(fd uintptr) { err = unix.Fstatfs(int(fd), &st) })
	return st, errors.Join(cerr, err)
}
