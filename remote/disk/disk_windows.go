package disk

import (
	"errors"
	"io/fs"
	"os"
	"unsafe"

	"golang.org/x/sys/windows"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/winname"
)

const (
	// FoldNames is true if names that differ only in case are the same.
	FoldNames    = true
	folderSuffix = "" // opening never blocks
)

// driveList is the path for which DIR lists the drives, as sftp does on Windows. Otherwise
// it is the root of the current drive.
const driveList = "/"

// absolute returns the absolute path for a path that was typed in the folder cwd.
func absolute(cwd, path string) (string, error) { return winname.Abs(cwd, path) }

// Drives returns the roots of the drives, without accessing them.
func Drives() (roots []string, err error) {
	set, err := windows.GetLogicalDrives()
	for letter := 'A'; letter <= 'Z'; letter++ {
		if set>>(letter-'A')&1 != 0 {
			roots = append(roots, string(letter)+`:\`)
		}
	}
	return roots, os.NewSyscallError("GetLogicalDrives", err)
}

// CrossesDevices reports whether a rename failed because the target is on
// another file system.
func CrossesDevices(err error) bool { return errors.Is(err, windows.ERROR_NOT_SAME_DEVICE) }

// Owner returns the ids of the user and the group that own a file, if the system has
// them.
func Owner(fs.FileInfo) (uid, gid string, ok bool) { return "", "", false }

// storageOf returns the zero Storage, because on Windows only an open file tells how it
// is stored.
func storageOf(fs.FileInfo) Storage { return Storage{} }

// Storage returns how the file of the entry e is stored. The parameter in is the open
// folder that contains the file, and name is the name of the file there. If the file
// cannot be opened, Storage assumes that it takes as many bytes on the disk as its size.
func (e *Entry) Storage(in *os.Root, name string) Storage {
	s := Storage{Allocated: max(0, e.Size), Names: 1}
	if e.Kind != codec.Regular {
		return s
	}
	f, err := in.Open(name)
	if err != nil {
		return s
	}
	defer f.Close()
	var standard struct { // FILE_STANDARD_INFO
		allocated, size  int64
		names            uint32
		deleting, folder bool
	}
	var id windows.ByHandleFileInformation
	h := windows.Handle(f.Fd())
	err = windows.GetFileInformationByHandleEx(
		h, windows.FileStandardInfo, (*byte)(unsafe.Pointer(&standard)), uint32(unsafe.Sizeof(standard)),
	)
	if err != nil || windows.GetFileInformationByHandle(h, &id) != nil {
		return s
	}
	return Storage{standard.allocated, uint64(standard.names), FileID{
		uint64(id.VolumeSerialNumber), uint64(id.FileIndexHigh)<<32 | uint64(id.FileIndexLow),
	}}
}

// ScanSome calls add for the next entries of the folder that is open for reading as dir.
// After the last entry it returns io.EOF.
func ScanSome(root *os.Root, dir *os.File, add func(Entry) error) error {
	list, err := dir.Readdir(1024)
	for _, fi := range list {
		e := Entry{
			Entry:  landing.EntryWithTarget(fi.Name(), fi, root.Readlink, fi.Name()),
			Hidden: landing.Hidden(fi.Name(), func() (fs.FileInfo, error) { return fi, nil }),
		}
		if err := add(e); err != nil {
			return err
		}
	}
	return err
}

// ScanNames calls add for each name in the folder that is open for reading as dir, with
// its type.
func ScanNames(dir *os.File, add func(name string, kind fs.FileMode) error) error {
	return scanNames(dir, add)
}
