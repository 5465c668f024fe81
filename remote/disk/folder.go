package disk

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"techsh/codec"
	"techsh/codec/landing"
)

// A Reader reads an open folder: root opens the files in it, and f lists their names.
type Reader func(root *os.Root, f *os.File) error

// Folder opens the folder that path leads to. It returns the folder, and its path with
// all links resolved.
func (v *View) Folder(path string) (dir *os.Root, real string, err error) {
	if real, err = v.Resolve(path); err == nil {
		dir, err = v.FS.Open(real)
	}
	return dir, real, err
}

// Reading calls the function do with the folder that path leads to.
func (v *View) Reading(path string, do Reader) error {
	root, _, err := v.Folder(path)
	if err != nil {
		return err
	}
	return ReadFolder(root, do)
}

// ReadFolder calls the function do with root, and then closes root.
func ReadFolder(root *os.Root, do Reader) error {
	defer root.Close()
	f, err := root.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	return do(root, f)
}

// Enter opens the folder called name that was found in dir.
func (v *View) Enter(dir *os.Root, name string) (*os.Root, error) {
	sub, err := openInner(dir, name)
	if errors.Is(err, &codec.Error{Code: codec.Changed}) { // entering a folder may mount a file system over it
		sub, err = openInner(dir, name)
	}
	if err == nil {
		if err = v.FS.CheckEnter(sub); err != nil {
			sub.Close()
		}
	}
	return sub, err
}

func openInner(dir *os.Root, name string) (*os.Root, error) {
	fi, err := dir.Lstat(name)
	if err != nil {
		return nil, err
	}
	return landing.OpenFolder(dir, name, fi)
}

// Lead follows the link called name in dir. It returns what the link leads to, as a
// folder and a name in it.
func (v *View) Lead(dir *os.Root, name string) (*os.Root, string, error) {
	s, err := v.Follow(v.FS.Shown(filepath.Join(dir.Name(), name)))
	return s.Dir, s.Name, err
}

// Rename renames src to dst. If fresh is true, the caller has found no file at dst. A
// file that has appeared there since then is not replaced.
func (v *View) Rename(src, dst Spot, fresh bool) error {
	if !fresh {
		return renameSpot(v.FS, src, dst)
	}
	err := renameNewSpot(src, dst)
	if errors.Is(err, errors.ErrUnsupported) {
		err = v.renameByLink(src, dst)
	}
	if errors.Is(err, fs.ErrExist) {
		err = codec.Explain(dst.Typed, codec.Errorf(codec.Exists, ""))
	}
	return err
}

// renameByLink makes a hard link to src at dst and then deletes src. If the file system
// has no hard links, it renames src. It deletes src only if src is still the file that
// was linked.
func (v *View) renameByLink(src, dst Spot) error {
	err := linkSpot(v.FS, src, dst)
	if errors.Is(err, fs.ErrExist) {
		return err
	}
	if err != nil {
		return renameSpot(v.FS, src, dst)
	}
	linked, err := dst.Dir.Lstat(dst.Name)
	if err != nil {
		return err
	}
	fi, err := src.Dir.Lstat(src.Name)
	if err == nil && !os.SameFile(fi, linked) {
		err = codec.Errorf(codec.Changed, "it was replaced meanwhile, and stays")
	}
	if err != nil {
		return err
	}
	return src.Dir.Remove(src.Name)
}

func scanNames(dir *os.File, add func(name string, kind fs.FileMode) error) error {
	for {
		list, err := dir.ReadDir(1024)
		for _, d := range list {
			if err := add(d.Name(), d.Type()); err != nil {
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
