package disk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"

	"techsh/codec"
	"techsh/codec/transfer"
)

const (
	// FoldNames says that names which differ only in case are one.
	FoldNames    = true
	folderSuffix = "" // opening never waits
)

// Hidden reports whether a name is not listed unless all are.
func Hidden(name string) bool { return name[0] == '.' }

// checkPath refuses the shares of other machines and raw device paths.
func checkPath(abs string) error {
	if len(filepath.VolumeName(abs)) != len("C:") {
		return codec.Errorf(codec.BadName, "only paths on a drive of this computer are allowed")
	}
	return nil
}

// CrossesDevices reports whether a rename failed because the target is on
// another file system.
func CrossesDevices(err error) bool { return errors.Is(err, windows.ERROR_NOT_SAME_DEVICE) }

// Owner returns the ids of the user and the group of a file, where the system
// has such.
func Owner(fs.FileInfo) (uid, gid string, ok bool) { return "", "", false }

// Scan calls add for each entry of a folder, which is open for reading as dir,
// as it is read.
func Scan(root *os.Root, dir *os.File, add func(codec.Entry) error) error {
	for {
		list, err := dir.Readdir(1024)
		for _, fi := range list {
			if err := add(transfer.EntryWithTarget(fi.Name(), fi, root.Readlink, fi.Name())); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}
