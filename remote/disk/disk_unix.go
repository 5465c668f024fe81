//go:build unix

package disk

import (
	"errors"
	"io/fs"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"techsh/codec"
	"techsh/codec/transfer"
)

const (
	// FoldNames is true if names that differ only in case are the same.
	FoldNames    = false
	folderSuffix = "/." // makes opening fail for everything but a folder
)

// driveList is empty, because only Windows has drives.
const driveList = ""

// absolute returns the absolute form of a typed path. A relative path begins in the
// folder cwd.
func absolute(cwd, path string) (string, error) { return transfer.Join(cwd, path), nil }

// Drives returns nothing, because only Windows has drives.
func Drives() ([]string, error) { return nil, nil }

// CrossesDevices reports whether a rename failed because the target is on
// another file system.
func CrossesDevices(err error) bool { return errors.Is(err, unix.EXDEV) }

// Owner returns the ids of the user and the group that own a file, if the system has
// them.
func Owner(fi fs.FileInfo) (uid, gid string, ok bool) {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return "", "", false
	}
	return strconv.FormatUint(uint64(st.Uid), 10), strconv.FormatUint(uint64(st.Gid), 10), true
}

// blockSize is the unit, in bytes, in which stat(2) reports how much disk space a file
// takes.
const blockSize = 512

// storageOf returns the storage of the file that has the status fi.
func storageOf(fi fs.FileInfo) Storage {
	st, _ := fi.Sys().(*syscall.Stat_t)
	return Storage{st.Blocks * blockSize, uint64(st.Nlink), FileID{uint64(st.Dev), st.Ino}}
}

// Storage returns how the file of the entry e is stored.
func (e *Entry) Storage(*os.Root, string) Storage { return e.storage }

// ScanSome calls add for the next entries of the folder that is open for reading as dir.
// It reads several names at a time, and then the status of each file relative to the open
// folder. Files that disappear in between are left out. After the last entry it returns
// io.EOF.
func ScanSome(_ *os.Root, dir *os.File, add func(Entry) error) error {
	raw, err := dir.SyscallConn()
	if err != nil {
		return err
	}
	names, rerr := dir.Readdirnames(1024)
	if len(names) == 0 {
		return rerr
	}
	var aerr error
	err = raw.Control(func(fd uintptr) {
		for _, name := range names {
			var st unix.Stat_t
			if unix.Fstatat(int(fd), name, &st, unix.AT_SYMLINK_NOFOLLOW) != nil {
				continue
			}
			if aerr = add(entryOf(int(fd), name, &st)); aerr != nil {
				return
			}
		}
	})
	if err != nil {
		return err
	}
	return aerr
}

// ScanNames calls add for each name in the folder that is open for reading as dir, with
// its type. It is faster than Scan, because most file systems keep the type beside the
// name.
func ScanNames(dir *os.File, add func(name string, kind fs.FileMode) error) error {
	raw, err := dir.SyscallConn()
	if err != nil {
		return err
	}
	n := -1
	var oerr error
	err = raw.Control(func(fd uintptr) {
		n, oerr = unix.Openat(int(fd), ".", unix.O_RDONLY|unix.O_DIRECTORY|unix.O_CLOEXEC, 0)
	})
	if err = errors.Join(err, oerr); err != nil {
		return err
	}
	// Reading names from a file that an os.Root has opened makes a stat call for each
	// name. Reading from this file makes a stat call only for a name whose type the
	// folder does not store.
	f := os.NewFile(uintptr(n), "/proc/self/fd/"+strconv.Itoa(n))
	defer f.Close()
	return scanNames(f, add)
}

func entryOf(dir int, name string, st *unix.Stat_t) Entry {
	e := Entry{
		Entry: codec.Entry{
			Kind: kindOf(uint32(st.Mode)), Mode: int(st.Mode & 0o777), Size: codec.Unknown,
			Time: time.Unix(st.Mtim.Unix()), Name: name,
		},
		Hidden:  name[0] == '.' || hiddenByFlag(st),
		storage: Storage{st.Blocks * blockSize, uint64(st.Nlink), FileID{uint64(st.Dev), st.Ino}},
	}
	switch e.Kind {
	case codec.Regular:
		e.Size = st.Size
	case codec.Link:
		var b [4096]byte
		if n, err := unix.Readlinkat(dir, name, b[:]); err == nil {
			e.Target = string(b[:n])
		}
	}
	return e
}

func kindOf(mode uint32) codec.Kind {
	switch mode & unix.S_IFMT {
	case unix.S_IFDIR:
		return codec.Folder
	case unix.S_IFLNK:
		return codec.Link
	case unix.S_IFIFO:
		return codec.Pipe
	case unix.S_IFSOCK:
		return codec.Socket
	case unix.S_IFBLK:
		return codec.Block
	case unix.S_IFCHR:
		return codec.Char
	}
	return codec.Regular
}
