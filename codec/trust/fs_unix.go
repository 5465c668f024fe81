//go:build unix

package trust

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	"techsh/codec"
)

// noFollow contains flags for os.OpenFile. With them, opening a path fails if its last
// component is a symbolic link, and opening a FIFO does not wait for its other end.
const noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// takeLock locks the file at path, and creates the file if it does not exist. The lock
// belongs to the open file, so it ends when the process is killed.
func takeLock(path string) (release func(), err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|noFollow, 0o600)
	if errors.Is(err, syscall.ELOOP) {
		err = isLink()
	}
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, err
	}
	return func() { f.Close() }, nil
}

// isBusy reports whether err means that another process is using the file for a moment.
func isBusy(err error) bool {
	return errors.Is(err, syscall.EWOULDBLOCK) || errors.Is(err, syscall.EINTR)
}

// isPrivate reports whether only the owner may read or write a file, and isSealed reports
// whether only the owner may change a folder.
func isPrivate(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 == 0 }

func isSealed(info fs.FileInfo) bool { return info.Mode().Perm()&0o022 == 0 }

// checkOwner refuses the files of another user, such as those that root finds when HOME
// is still that of the user who became root.
func checkOwner(info fs.FileInfo) error {
	uid, self := int(info.Sys().(*syscall.Stat_t).Uid), os.Geteuid()
	if uid == self {
		return nil
	}
	e := codec.Errorf(
		codec.NotAllowed, "it belongs to the user with uid %d, and this runs as uid %d", uid, self,
	)
	e.Hint = fmt.Sprintf("run it as the user with uid %d, or set HOME to a folder of uid %d", uid, self)
	return e
}

// SyncFolder flushes the names in a folder to disk.
func SyncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}
