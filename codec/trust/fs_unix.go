//go:build unix

package trust

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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

// ownDir returns the path of this user's own folder.
func ownDir() (string, error) {
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "techsh"), nil
}

// makeFolder makes a folder that is accessible to this user only, unless it exists.
func makeFolder(dir string) error { return os.MkdirAll(dir, 0o700) }

// checkFolder refuses a folder that others may change, or that another user owns.
func checkFolder(dir string) error {
	info, err := os.Stat(dir)
	if err == nil {
		err = checkOwner(info)
	}
	if err != nil || info.Mode().Perm()&0o022 == 0 {
		return err
	}
	e := codec.Errorf(codec.NotAllowed, "others may write to this folder")
	e.Hint = "chmod 700 " + codec.Name(dir)
	return e
}

// openFile is like os.OpenFile. It does not follow a link, and a file that it creates is
// accessible to this user only.
func openFile(path string, flag int) (*os.File, error) {
	return os.OpenFile(path, flag|noFollow, 0o600)
}

// checkFile refuses a file that another user owns. The result shared is an error if other
// users may read or write the file, and otherwise nil.
func checkFile(f *os.File, info fs.FileInfo) (shared, err error) {
	mode := info.Mode().Perm()
	if err := checkOwner(info); err != nil || mode&0o077 == 0 {
		return nil, err
	}
	e := codec.Errorf(codec.NotAllowed, "others may read or write it (mode %#o)", mode)
	e.Hint = "chmod 600 " + codec.Name(f.Name())
	return e, nil
}

// makePrivate removes the permissions of others from f.
func makePrivate(f *os.File) error { return f.Chmod(0o600) }

// checkOwner refuses the files of another user. For example, root finds such files if
// HOME is still that of the user who became root.
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
