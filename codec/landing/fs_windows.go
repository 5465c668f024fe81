package landing

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/windows"

	"techsh/codec"
)

const nonblock = 0

// lock takes the lock of f. The error is of code busy if another process has it.
func lock(f *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{OffsetHigh: 1 << 30})
	if err == windows.ERROR_LOCK_VIOLATION || err == windows.ERROR_IO_PENDING {
		return codec.Errorf(codec.Busy, "it is being written by someone else")
	}
	return err
}

// keepOwner does nothing, because a new file inherits its permissions from the folder.
func keepOwner(*os.File, fs.FileInfo) {}

// syncDir does nothing, because NTFS has a journal for names.
func syncDir(*os.File) error { return nil }

// A tree is on disk when each file was flushed.

func syncFile(f *os.File) error { return f.Sync() }

func syncFolder(*os.File) error { return nil }

func syncDisk(*os.File) error { return nil }

func deviceOf(fs.FileInfo) uint64 { return 0 }

// renameNew is not supported for an open folder. The caller uses links instead.
func renameNew(*os.File, string, string) error { return errors.ErrUnsupported }

// isOwn reports whether a file has no other name. Its owner does not matter, because the
// permissions of the folder control the making of files.
func isOwn(f *os.File, _ fs.FileInfo) bool {
	var info windows.ByHandleFileInformation
	err := windows.GetFileInformationByHandle(windows.Handle(f.Fd()), &info)
	return err == nil && info.NumberOfLinks == 1
}

// fileID returns the numbers that identify a file, as text. The numbers of disks differ
// between computers.
func fileID(dir *os.Root, name string) (string, error) {
	f, err := dir.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	var info windows.ByHandleFileInformation
	err = windows.GetFileInformationByHandle(windows.Handle(f.Fd()), &info)
	return fmt.Sprint(info.VolumeSerialNumber, " ", info.FileIndexHigh, " ", info.FileIndexLow), err
}

// bootID returns "", because the numbers of disks differ between computers.
func bootID() string { return "" }

// mayBeRenamed returns false, because the FileInfo does not show it on Windows.
func mayBeRenamed(_, _ fs.FileInfo) bool { return false }

// changeTime returns the time when a file was last written or made, whichever is later: a
// part file may already have the time of its source.
func changeTime(fi fs.FileInfo) time.Time {
	t := fi.ModTime()
	if data, ok := fi.Sys().(*syscall.Win32FileAttributeData); ok {
		if made := time.Unix(0, data.CreationTime.Nanoseconds()); made.After(t) {
			return made
		}
	}
	return t
}

func setTime(in *Folder, name string, t time.Time) error { return in.root.Chtimes(name, t, t) }

// setLinkTime does nothing, because the times of links do not matter on Windows.
func setLinkTime(*os.File, string, time.Time) error { return nil }

func createIn(in *Folder, name string) (*os.File, error) {
	return in.root.OpenFile(name, newPartFlags, 0o600)
}
