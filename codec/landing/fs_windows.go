package landing

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"

	"techsh/codec"
)

const (
	nonblock = 0
	hasModes = false
)

// lock takes the lock of f. If another process has the lock, the error has the code Busy.
func lock(f *os.File) error {
	const flags = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	err := windows.LockFileEx(windows.Handle(f.Fd()), flags, 0, 1, 0, &windows.Overlapped{OffsetHigh: 1 << 30})
	if err == windows.ERROR_LOCK_VIOLATION || err == windows.ERROR_IO_PENDING {
		return codec.Errorf(codec.Busy, "it is being written by someone else")
	}
	return err
}

// keepOwner does nothing, because a new file inherits its permissions from the folder.
func keepOwner(*os.File, fs.FileInfo) bool { return true }

// ReadUmask returns the zero Umask, because Windows has no umask.
func ReadUmask() Umask { return Umask{} }

// syncDir does nothing, because NTFS has a journal for names.
func syncDir(*os.File) error { return nil }

// A tree is on disk when each file was flushed.

func syncFile(f *os.File) error { return f.Sync() }

func syncFolder(*os.File) error { return nil }

func syncDisk(*os.File) error { return nil }

func deviceOf(fs.FileInfo) uint64 { return 0 }

// renameNew returns errors.ErrUnsupported, because on Windows it does not support an open
// folder. The caller uses hard links instead.
func renameNew(*os.File, string, string) error { return errors.ErrUnsupported }

// isOwn reports whether a file has no other name. Its owner does not matter, because the
// permissions of the folder determine who can make files in it.
func isOwn(f *os.File, _ fs.FileInfo) bool {
	var info windows.ByHandleFileInformation
	err := windows.GetFileInformationByHandle(windows.Handle(f.Fd()), &info)
	return err == nil && info.NumberOfLinks == 1
}

// fileID returns the numbers that identify a file, as text. The numbers of disks differ
// between computers.
func fileID(dir *os.Root, name string) (string, error) {
	d, err := dir.Open(".")
	if err != nil {
		return "", err
	}
	defer d.Close()
	h := windows.Handle(d.Fd())
	if name != "." {
		if h, err = openEntry(d, name, windows.FILE_READ_ATTRIBUTES); err != nil {
			return "", err
		}
		defer windows.CloseHandle(h)
	}
	var info windows.ByHandleFileInformation
	err = windows.GetFileInformationByHandle(h, &info)
	return fmt.Sprint(info.VolumeSerialNumber, " ", info.FileIndexHigh, " ", info.FileIndexLow), err
}

// bootID returns "", because the numbers of disks differ between computers.
func bootID() string { return "" }

// mayBeRenamed returns false, because on Windows a FileInfo does not show that a file was
// renamed.
func mayBeRenamed(_, _ fs.FileInfo) bool { return false }

// changeTime returns the time when a file was last written or made, whichever is later: a
// part file may already have the time of its source.
func changeTime(fi fs.FileInfo) time.Time {
	t := ModTime(fi)
	if data, ok := fi.Sys().(*syscall.Win32FileAttributeData); ok {
		if made := timeOf(data.CreationTime); made.After(t) {
			return made
		}
	}
	return t
}

// ModTime returns the time when a file was last changed. It avoids fi.ModTime, which
// counts nanoseconds and so covers only the years 1678 to 2261.
func ModTime(fi fs.FileInfo) time.Time {
	if data, ok := fi.Sys().(*syscall.Win32FileAttributeData); ok {
		return timeOf(data.LastWriteTime)
	}
	return fi.ModTime()
}

// A Filetime counts steps of 100 ns since 1601.
const (
	stepsPerSecond = 10_000_000
	beginOf1601    = -11_644_473_600 // in Unix seconds
	endOfTimes     = 1<<63/stepsPerSecond + beginOf1601
)

func timeOf(ft syscall.Filetime) time.Time {
	steps := int64(ft.HighDateTime)<<32 | int64(ft.LowDateTime)
	return time.Unix(beginOf1601+steps/stepsPerSecond, steps%stepsPerSecond*100)
}

// filetimeOf returns the Filetime nearest to t, but never 0. Windows takes 0 to mean that
// the time is not to be changed.
func filetimeOf(t time.Time) windows.Filetime {
	steps := int64(1)
	switch s := t.Unix(); {
	case s >= endOfTimes:
		steps = 1<<63 - 1
	case s >= beginOf1601:
		steps = max(1, (s-beginOf1601)*stepsPerSecond+int64(t.Nanosecond()/100))
	}
	return windows.Filetime{LowDateTime: uint32(steps), HighDateTime: uint32(steps >> 32)}
}

// setTime sets the time of a file in the folder dir, which is open as d. It does not
// follow a link.
func setTime(dir *os.Root, d *os.File, name string, t time.Time) error {
	if year := t.UTC().Year(); year > 1677 && year < 2262 {
		return dir.Chtimes(name, t, t)
	}
	h, err := openEntry(d, name, windows.FILE_WRITE_ATTRIBUTES)
	if err != nil {
		return err
	}
	ft := filetimeOf(t)
	return errors.Join(windows.SetFileTime(h, nil, &ft, &ft), windows.CloseHandle(h))
}

// openEntry opens a file in the folder that is open as d, or that folder itself if name
// is ".". It does not follow a link.
func openEntry(d *os.File, name string, access uint32) (h windows.Handle, err error) {
	if name == "." {
		name = "" // d itself
	}
	text, err := windows.NewNTUnicodeString(name)
	if err != nil {
		return 0, err
	}
	attributes := &windows.OBJECT_ATTRIBUTES{
		RootDirectory: windows.Handle(d.Fd()), ObjectName: text, Attributes: windows.OBJ_CASE_INSENSITIVE,
	}
	attributes.Length = uint32(unsafe.Sizeof(*attributes))
	const (
		share   = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
		options = windows.FILE_OPEN_REPARSE_POINT | windows.FILE_OPEN_FOR_BACKUP_INTENT |
			windows.FILE_SYNCHRONOUS_IO_NONALERT
	)
	var status windows.IO_STATUS_BLOCK
	err = windows.NtCreateFile(
		&h, access|windows.SYNCHRONIZE, attributes, &status, nil, 0, share, windows.FILE_OPEN, options, 0, 0,
	)
	return h, err
}

// setLinkTime does nothing, because the times of links do not matter on Windows.
func setLinkTime(*os.File, string, time.Time) error { return nil }

func createIn(in *Folder, name string) (*os.File, error) {
	return in.root.OpenFile(name, newPartFlags, 0o600)
}

// withShortName returns root.
func withShortName(root *os.Root) *os.Root { return root }
