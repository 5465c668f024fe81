package trust

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/windows"
)

// ownDir returns the path of this user's own folder. The folder is not in %AppData%,
// where earlier versions had it, because %AppData% can follow the user to other
// computers, and the identity belongs to this computer. The old folder is moved once. If
// another process uses the old folder, it is moved at the next start.
func ownDir() (string, error) {
	local, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(local, "techsh")
	roaming, err := os.UserConfigDir()
	if err != nil {
		return dir, nil
	}
	old := filepath.Join(roaming, "techsh")
	if exists(dir) || !exists(old) {
		return dir, nil
	}
	err = os.Rename(old, dir)
	if errors.Is(err, windows.ERROR_NOT_SAME_DEVICE) {
		err = moveByCopy(old, dir)
	}
	if err != nil && !exists(dir) { // otherwise another process has moved it just now
		return old, nil
	}
	return dir, nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// moveByCopy moves a folder to another file system.
func moveByCopy(from, to string) error {
	temp := to + ".new"
	err := os.RemoveAll(temp) // may be left by a process that was killed
	if err == nil {
		err = makeFolder(temp)
	}
	if err == nil {
		err = os.CopyFS(temp, os.DirFS(from))
	}
	if err == nil {
		err = os.Rename(temp, to)
	}
	if err != nil {
		return errors.Join(err, os.RemoveAll(temp))
	}
	_ = os.RemoveAll(from) // what is left of it is not used again
	return nil
}

// takeLock opens the file at path without sharing it, and creates the file if it does not
// exist. The lock belongs to the handle, so it ends when the process is killed.
func takeLock(path string) (release func(), err error) {
	name, err := syscall.UTF16PtrFromString(path)
	if err != nil {
		return nil, err
	}
	const share = 0
	h, err := syscall.CreateFile(name, syscall.GENERIC_READ|syscall.GENERIC_WRITE, share, nil,
		syscall.OPEN_ALWAYS, syscall.FILE_ATTRIBUTE_NORMAL, 0)
	if err != nil {
		return nil, &os.PathError{Op: "open", Path: path, Err: err}
	}
	return func() { _ = syscall.CloseHandle(h) }, nil
}

// isBusy reports whether err means that another process has the file open for a moment,
// so that it can be neither locked nor replaced.
func isBusy(err error) bool {
	return errors.Is(err, windows.ERROR_ACCESS_DENIED) || errors.Is(err, windows.ERROR_SHARING_VIOLATION)
}

// SyncFolder does nothing, because NTFS has a journal for names.
func SyncFolder(string) error { return nil }
