package trust

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// noFollow opens a symbolic link itself, which then is no regular file.
const noFollow = syscall.FILE_FLAG_OPEN_REPARSE_POINT

// takeLock opens the file at path, which it makes if need be, so that nobody
// else can. It is closed, also when the process dies, by who holds it.
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

// isBusy says whether err is another process in the way, which soon is not: a
// file that is open can be neither opened for oneself nor replaced.
func isBusy(err error) bool {
	const sharingViolation = syscall.Errno(32)
	return errors.Is(err, syscall.ERROR_ACCESS_DENIED) || errors.Is(err, sharingViolation)
}

// isPrivate, sealed and checkOwner trust the folder: what is in a user's profile
// is closed to other users, and modes say nothing here.
func isPrivate(fs.FileInfo) bool { return true }

func isSealed(fs.FileInfo) bool { return true }

func checkOwner(fs.FileInfo) error { return nil }

// syncDir does nothing: NTFS journals its names.
func syncDir(string) error { return nil }
