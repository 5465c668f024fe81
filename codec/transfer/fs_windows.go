package transfer

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
func syncDir(*os.File) error { return nil }

// What a tree needs to be on disk: each file.

func syncFile(f *os.File) error { return f.Sync() }

func syncFolder(*os.File) error { return nil }

func syncDisk(*os.File) error { return nil }

func deviceOf(fs.FileInfo) uint64 { return 0 }

// renameNew cannot be done within an open folder; links do it.
func renameNew(*os.File, string, string) error { return errors.ErrUnsupported }

// isOwn says whether a file has no other name. Whose it is, the folder's rights
// decide.
func isOwn(f *os.File, _ fs.FileInfo) bool {
	var info windows.ByHandleFileInformation
	err := windows.GetFileInformationByHandle(windows.Handle(f.Fd()), &info)
	return err == nil && info.NumberOfLinks == 1
}

// fileID tells a thing from all others: disks have numbers of their own.
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

// bootID is not needed here.
func bootID() string { return "" }

// mayBeRenamed says whether another file may have got the name of one. Here nothing
// about an open file tells that.
func mayBeRenamed(_, _ fs.FileInfo) bool { return false }

// changeTime is when a file was last written, or made when that is later: a part
// may have its file's old time already.
func changeTime(fi fs.FileInfo) time.Time {
	t := fi.ModTime()
	if data, ok := fi.Sys().(*syscall.Win32FileAttributeData); ok {
		if made := time.Unix(0, data.CreationTime.Nanoseconds()); made.After(t) {
			return made
		}
	}
	return t
}

func setTime(in *treeFolder, name string, t time.Time) error { return in.root.Chtimes(name, t, t) }

// setLinkTime does nothing: here nobody looks at the times of links.
func setLinkTime(*os.File, string, time.Time) error { return nil }

func createIn(in *treeFolder, name string) (*os.File, error) {
	return in.root.OpenFile(name, newPartFlags, 0o600)
}
