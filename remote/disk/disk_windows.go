package disk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"

	"techsh/codec"
	"techsh/codec/landing"
)

const (
	// FoldNames is true if names that differ only in case are the same.
	FoldNames    = true
	folderSuffix = "" // opening never blocks
)

// Hidden reports whether a name is left out of listings by default.
func Hidden(name string) bool { return name[0] == '.' }

// checkPath refuses shares of other computers and raw device paths.
func checkPath(abs string) error {
	if len(filepath.VolumeName(abs)) != len("C:") {
		return codec.Errorf(codec.BadName, "only paths on a drive of this computer are allowed")
	}
	return nil
}

// CrossesDevices reports whether a rename failed because the target is on
// another file system.
func CrossesDevices(err error) bool { return errors.Is(err, windows.ERROR_NOT_SAME_DEVICE) }

// Owner returns the ids of the user and the group that own a file, if the system has
// them.
func Owner(fs.FileInfo) (uid, gid string, ok bool) { return "", "", false }

// Scan calls add for each entry of the folder that is open for reading as dir.
func Scan(root *os.Root, dir *os.File, add func(codec.Entry) error) error {
	for {
		list, err := dir.Readdir(1024)
		for _, fi := range list {
			if err := add(landing.EntryWithTarget(fi.Name(), fi, root.Readlink, fi.Name())); err != nil {
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
