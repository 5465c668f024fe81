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
// fsync gives it to the disk, and Sync has the disk write it.

func syncFile(f *os.File) error { return unix.Fsync(int(f.Fd())) }

func syncFolder(d *os.File) error { return unix.Fsync(int(d.Fd())) }

func syncDisk(d *os.File) error { return d.Sync() }

// renameNew renames within an open folder, unless the new name is taken. It
// is ErrUnsupported where only the name's being free can be looked at.
func renameNew(d *os.File, from, to string) error {
	fd := int(d.Fd())
	err := unix.RenameatxNp(fd, from, fd, to, unix.RENAME_EXCL)
	if err == unix.EINVAL || err == unix.ENOTSUP {
		return errors.ErrUnsupported
	}
	return err
}

// touched is when anything about a file was last changed, which nobody can
// set.
func touched(fi fs.FileInfo) time.Time {
	st, _ := fi.Sys().(*syscall.Stat_t)
	return time.Unix(st.Ctimespec.Unix())
}
