package transfer

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"time"

	"techsh/codec"
)

// A treeFolder is a folder of a tree that is received. It stays open until all its files
// are placed, so that another folder or a link cannot take its place.
type treeFolder struct {
	path     string // as in the stream
	label    string // its name in errors
	mode     int
	time     time.Time
	force    bool
	root     *os.Root // nil if it was refused; its contents are then ignored
	handle   *os.File // another handle of the folder
	info     fs.FileInfo
	disk     uint64
	made     bool // made by this Receiver; an existing folder keeps its mode
	waiting  int  // the number of its files in the batch
	complete bool
}

// enterFolder makes the folder name in dir or opens the existing one. It does not follow
// a link.
func (r *Receiver) enterFolder(f *treeFolder, dir *os.Root, name string) error {
	fi, err := dir.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		if err = dir.Mkdir(name, f.perm()|0o700); err == nil {
			f.made = true
			fi, err = dir.Lstat(name)
		}
	}
	switch {
	case err != nil:
		return err
	case !fi.IsDir():
		return codec.Errorf(codec.NotDirectory, "it is a %s, which is not replaced", KindOf(fi.Mode()))
	}
	root, err := OpenFolder(dir, name, fi)
	if err == nil && r.Enter != nil {
		if err = r.Enter(root); err != nil {
			root.Close()
		}
	}
	if err != nil {
		return err
	}
	d, err := root.Open(".")
	if err != nil {
		root.Close()
		return err
	}
	if !f.made {
		r.sweeper.sweep(root)
	}
	f.root, f.handle, f.info, f.disk = root, d, fi, deviceOf(fi)
	r.tree.openHandles++
	r.Folders++
	return nil
}

// perm returns the mode with which a new folder is made.
func (f *treeFolder) perm() fs.FileMode {
	if f.mode < 0 {
		return 0o755
	}
	return fs.FileMode(f.mode) & 0o777
}

// finishFolder sets the mode and time of a folder when all its files are placed.
func (r *Receiver) finishFolder(f *treeFolder) {
	if f.root == nil || !f.complete || f.waiting > 0 {
		return
	}
	if err := f.setAttributes(); err != nil {
		r.Failed(f.label, err)
	}
	if err := syncFolder(f.handle); err != nil {
		r.Failed(f.label, err)
	}
	d := f.handle
	f.handle = nil
	r.tree.closeFolder(f)
	if err := r.tree.disks.add(f.disk, d); err != nil {
		r.Failed(f.label, err)
	}
}

func (f *treeFolder) setAttributes() error {
	if f.made && runtime.GOOS != "windows" { // on Windows folders have no mode
		if err := f.handle.Chmod(f.perm()); err != nil {
			return err
		}
	}
	if f.time.IsZero() {
		return nil
	}
	err := f.root.Chtimes(".", f.time, f.time)
	if !f.made && errors.Is(err, fs.ErrPermission) {
		return nil // the folder belongs to another user, who lets this one write in it
	}
	return err
}

// closeFolder closes the handles of a folder.
func (t *treeState) closeFolder(f *treeFolder) {
	if f.root == nil {
		return
	}
	f.root.Close()
	if f.handle != nil {
		f.handle.Close()
	}
	f.root = nil
	t.openHandles--
}
