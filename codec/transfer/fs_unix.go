//go:build unix

package transfer

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

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

// syncDir makes the names in an open folder durable.
func syncDir(d *os.File) error {
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}

// isOwn says whether a file is this user's, and has no other name.
func isOwn(_ *os.File, fi fs.FileInfo) bool {
	st, ok := fi.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid() && st.Nlink == 1
}

// deviceOf tells file systems apart.
func deviceOf(fi fs.FileInfo) uint64 {
	st, _ := fi.Sys().(*syscall.Stat_t)
	return uint64(st.Dev)
}

// createIn creates the part of a file in a folder.
func createIn(in *treeFolder, name string) (*os.File, error) {
	return openAt(in.handle, name, unix.O_CREAT|unix.O_EXCL|unix.O_RDWR)
}

func setTime(in *treeFolder, name string, t time.Time) error { return setLinkTime(in.handle, name, t) }

// setLinkTime sets the time of what is called name in an open folder: of a
// link its own.
func setLinkTime(d *os.File, name string, t time.Time) error {
	at := unix.NsecToTimespec(t.UnixNano())
	return unix.UtimesNanoAt(int(d.Fd()), name, []unix.Timespec{at, at}, unix.AT_SYMLINK_NOFOLLOW)
}

// openAt opens what is called name in an open folder, and no link: what os does
// for files that may be pipes is a fifth of the work for a small one.
func openAt(d *os.File, name string, flags int) (*os.File, error) {
	for {
		fd, err := unix.Openat(int(d.Fd()), name, flags|unix.O_NOFOLLOW|unix.O_CLOEXEC, 0o600)
		switch err {
		case nil:
			return os.NewFile(uintptr(fd), name), nil
		case unix.EINTR:
		default:
			return nil, &fs.PathError{Op: "openat", Path: name, Err: err}
		}
	}
}

// renameNew renames within an open folder, unless the new name is taken. It
// is ErrUnsupported where only the name's being free can be looked at.
func renameNew(d *os.File, from, to string) error {
	err := renameExclusive(int(d.Fd()), from, to)
	if err == unix.EINVAL || err == unix.ENOTSUP || err == unix.ENOSYS {
		return errors.ErrUnsupported
	}
	return err
}

// fileID tells a thing from all others of this system.
func fileID(dir *os.Root, name string) (string, error) {
	fi, err := dir.Lstat(name)
	if err != nil {
		return "", err
	}
	st, _ := fi.Sys().(*syscall.Stat_t)
	return fmt.Sprint(st.Dev, " ", st.Ino), nil
}

// mayBeRenamed says whether another file may have got the name of one: both change
// with that, but the clock of the times may stand still meanwhile.
func mayBeRenamed(before, after fs.FileInfo) bool {
	b, _ := before.Sys().(*syscall.Stat_t)
	a, _ := after.Sys().(*syscall.Stat_t)
	return a.Nlink != b.Nlink || ctime(a) != ctime(b)
}

// changeTime is when anything about a file was last changed, which nobody can
// set.
func changeTime(fi fs.FileInfo) time.Time {
	st, _ := fi.Sys().(*syscall.Stat_t)
	return ctime(st)
}
