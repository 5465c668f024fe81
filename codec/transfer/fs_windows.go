package transfer

import (
	"io/fs"
	"os"

	"golang.org/x/sys/windows"

	"techsh/codec"
)

const nonblock = 0

// lock takes the lock of f, or says who cannot have it.
func lock(f *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{OffsetHigh: 1 << 30})
	if err == windows.ERROR_LOCK_VIOLATION || err == windows.ERROR_IO_PENDING {
		return codec.Errorf(codec.Busy, "it is being written by someone else")
	}
	return err
}

// keepOwner does nothing: a new file inherits its rights from the folder.
func keepOwner(*os.File, fs.FileInfo) {}

// syncDir does nothing: NTFS journals its names.
func syncDir(*os.Root) error { return nil }
