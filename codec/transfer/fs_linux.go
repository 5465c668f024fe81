package transfer

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// What a tree needs to be on disk: each file and folder, and then the disk.
// Here one flush of the disk does it all.

func syncFile(*os.File) error { return nil }

func syncFolder(*os.File) error { return nil }

func syncDisk(d *os.File) error { return unix.Syncfs(int(d.Fd())) }

// renameNew renames within an open folder, unless the new name is taken. It
// is ErrUnsupported where only the name's being free can be looked at.
func renameNew(d *os.File, from, to string) error {
	fd := int(d.Fd())
	err := unix.Renameat2(fd, from, fd, to, unix.RENAME_NOREPLACE)
	if err == unix.EINVAL || err == unix.ENOSYS {
		return errors.ErrUnsupported
	}
	return err
}

// touched is when anything about a file was last changed, which nobody can
// set.
func touched(fi fs.FileInfo) time.Time {
	st, _ := fi.Sys().(*syscall.Stat_t)
	return time.Unix(st.Ctim.Unix())
}
