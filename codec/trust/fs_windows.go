package trust

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// noFollow is a flag that opens a symbolic link itself instead of its target. The link is
// then refused, because it is not a regular file.
const noFollow = syscall.FILE_FLAG_OPEN_REPARSE_POINT

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
	const sharingViolation = syscall.Errno(32)
	return errors.Is(err, syscall.ERROR_ACCESS_DENIED) || errors.Is(err, sharingViolation)
}

// isPrivate, isSealed and checkOwner accept every file, because Windows has no modes, and
// the folder of the files is in the user's profile, to which other users have no access.
func isPrivate(fs.FileInfo) bool { return true }

func isSealed(fs.FileInfo) bool { return true }

func checkOwner(fs.FileInfo) error { return nil }

// SyncFolder does nothing, because NTFS has a journal for names.
func SyncFolder(string) error { return nil }
