//go:build unix

package transfer

import (
	"errors"
	"io/fs"
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"techsh/codec"
)

const nonblock = unix.O_NONBLOCK

// lock takes the advisory lock of f, or says who cannot have it.
func lock(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == unix.EWOULDBLOCK {
		return codec.Errorf(codec.Busy, "it is being written by someone else")
	}
	if err == unix.ENOTSUP || err == unix.ENOLCK {
		return nil // a file system without locks: the name has to do
	}
	return err
}

// keepOwner gives f the owner of the file it replaces, where we may.
func keepOwner(f *os.File, old fs.FileInfo) {
	if st, ok := old.Sys().(*syscall.Stat_t); ok {
		_ = f.Chown(int(st.Uid), int(st.Gid))
	}
}

// syncDir makes the folder's names durable.
func syncDir(dir *os.Root) error {
	f, err := dir.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}
