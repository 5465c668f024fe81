//go:build unix

package landing

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

const (
	nonblock = unix.O_NONBLOCK
	hasModes = true
)

// lock takes the advisory lock of f. If another process has the lock, the error has the
// code Busy.
func lock(f *os.File) error {
	err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if err == unix.EWOULDBLOCK {
		return codec.Errorf(codec.Busy, "it is being written by someone else")
	}
	if err == unix.ENOTSUP || err == unix.ENOLCK {
		return nil // the file system has no locks
	}
	return err
}

// keepOwner gives f the owner and the group of the file that it replaces, as far as that
// is permitted. It reports whether f now has the group of that file.
func keepOwner(f *os.File, old fs.FileInfo) bool {
	st, ok := old.Sys().(*syscall.Stat_t)
	if !ok {
		return false
	}
	if f.Chown(int(st.Uid), int(st.Gid)) == nil || f.Chown(-1, int(st.Gid)) == nil {
		return true
	}
	fi, err := f.Stat()
	if err != nil {
		return false
	}
	now, ok := fi.Sys().(*syscall.Stat_t)
	return ok && now.Gid == st.Gid
}

// ReadUmask returns the umask of the process. Only main may call it, before there are
// other goroutines, because it changes the umask for a moment.
func ReadUmask() Umask {
	bits := unix.Umask(0o077)
	unix.Umask(bits)
	return UmaskOf(bits)
}

// syncDir flushes the names in an open folder to disk.
func syncDir(d *os.File) error {
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}

// isOwn reports whether a file belongs to this user and has no other name.
func isOwn(_ *os.File, fi fs.FileInfo) bool {
	st, ok := fi.Sys().(*syscall.Stat_t)
	return ok && int(st.Uid) == os.Geteuid() && st.Nlink == 1
}

// deviceOf returns the number of the file system that contains a file.
func deviceOf(fi fs.FileInfo) uint64 {
	st, _ := fi.Sys().(*syscall.Stat_t)
	return uint64(st.Dev)
}

// createIn creates the part file called name in a folder.
func createIn(in *Folder, name string) (*os.File, error) {
	return openAt(in.handle, name, unix.O_CREAT|unix.O_EXCL|unix.O_RDWR)
}

// setTime sets the time of a file in the folder dir, which is open as d. It does not
// follow a link. The system stores the nearest time that the file system can store.
func setTime(_ *os.Root, d *os.File, name string, t time.Time) error {
	at, err := unix.TimeToTimespec(t) // not os.Chtimes, which has only the years 1678 to 2261
	if err != nil {
		return err
	}
	return unix.UtimesNanoAt(int(d.Fd()), name, []unix.Timespec{at, at}, unix.AT_SYMLINK_NOFOLLOW)
}

func setLinkTime(d *os.File, name string, t time.Time) error { return setTime(nil, d, name, t) }

// sentTarget returns the target of a link as it is sent.
func sentTarget(target string) string { return target }

// ownTarget returns the target of a link as this system has it.
func ownTarget(sent string) (string, error) { return sent, nil }

// isFolderLink returns false, because on this system a link does not say whether it leads
// to a folder.
func isFolderLink(fs.FileInfo) bool { return false }

// symlink makes a link in the folder dir.
func symlink(dir *os.Root, _ *os.File, target, name string, _ bool) error {
	return dir.Symlink(target, name)
}

// ModTime returns the time when a file was last changed.
func ModTime(fi fs.FileInfo) time.Time { return fi.ModTime() }

// openAt opens a file in an open folder without following a link. For small files it
// takes a fifth of the time of os.Root, which prepares every file for nonblocking use.
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

// renameNew renames a file in an open folder unless the new name is taken. It returns
// errors.ErrUnsupported if the system cannot do that atomically.
func renameNew(d *os.File, from, to string) error {
	err := renameExclusive(int(d.Fd()), from, to)
	if err == unix.EINVAL || err == unix.ENOTSUP || err == unix.ENOSYS {
		return errors.ErrUnsupported
	}
	return err
}

// fileID returns the numbers that identify a file on this computer, as text.
func fileID(dir *os.Root, name string) (string, error) {
	fi, err := dir.Lstat(name)
	if err != nil {
		return "", err
	}
	st, _ := fi.Sys().(*syscall.Stat_t)
	return fmt.Sprint(st.Dev, " ", st.Ino), nil
}

// mayBeRenamed reports whether another file may have taken the name of this one. A rename
// changes the number of links or the change time. The change time comes from a coarse
// clock, so it changes only if that clock has advanced.
func mayBeRenamed(before, after fs.FileInfo) bool {
	b, _ := before.Sys().(*syscall.Stat_t)
	a, _ := after.Sys().(*syscall.Stat_t)
	return a.Nlink != b.Nlink || ctime(a) != ctime(b)
}

// changeTime returns the time when a file or its attributes last changed. Programs cannot
// set this time.
func changeTime(fi fs.FileInfo) time.Time {
	st, _ := fi.Sys().(*syscall.Stat_t)
	return ctime(st)
}
