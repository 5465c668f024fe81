package transfer

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"time"

	"techsh/codec"
)

// A treeFolder is one of a tree that comes. It is held open until the stream has
// left it and all its files are placed, so that nobody can put another, or a
// link, in its stead.
type treeFolder struct {
	path     string // in the stream
	label    string // in errors
	mode     int
	time     time.Time
	force    bool
	root     *os.Root // nil: it was refused, and what is in it is passed over
	handle   *os.File // the same
	info     fs.FileInfo
	disk     uint64
	made     bool // by us; one that was there keeps its mode
	waiting  int  // its files in the batch
	complete bool
}

// enterFolder makes the folder name in dir, or goes into the one that is there.
// Links are not followed.
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
		return codec.Errorf(codec.NotDirectory, "it is a %s, it is not replaced", KindOf(fi.Mode()))
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

// perm returns the mode of a new folder.
func (f *treeFolder) perm() fs.FileMode {
	if f.mode < 0 {
		return 0o755
	}
	return fs.FileMode(f.mode) & 0o777
}

// finishFolder gives a folder its mode and time, once nothing more comes into it.
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
	if f.made && runtime.GOOS != "windows" { // which knows no mode of folders
		if err := f.handle.Chmod(f.perm()); err != nil {
			return err
		}
	}
	if f.time.IsZero() {
		return nil
	}
	err := f.root.Chtimes(".", f.time, f.time)
	if !f.made && errors.Is(err, fs.ErrPermission) {
		return nil // it is somebody else's, who lets us write in it
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
