package transfer

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"time"

	"techsh/codec"
)

// A folder is one of a tree that comes. It is held open until the stream has
// left it and all its files are placed, so that nobody can put another, or a
// link, in its stead.
type folder struct {
	path    string // in the stream
	label   string // in errors
	mode    int
	time    time.Time
	force   bool
	root    *os.Root // nil: it was refused, and what is in it is passed over
	d       *os.File // the same
	info    fs.FileInfo
	disk    uint64
	made    bool // by us; one that was there keeps its mode
	waiting int  // its files in the batch
	left    bool
}

// enter makes the folder name in dir, or goes into the one that is there.
// Links are not followed.
func (r *Receiver) enter(f *folder, dir *os.Root, name string) error {
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
	f.root, f.d, f.info, f.disk = root, d, fi, disk(fi)
	r.tree.held++
	r.Folders++
	return nil
}

// perm returns the mode of a new folder.
func (f *folder) perm() fs.FileMode {
	if f.mode < 0 {
		return 0o755
	}
	return fs.FileMode(f.mode) & 0o777
}

// finish gives a folder its mode and time, once nothing more comes into it.
func (r *Receiver) finish(f *folder) {
	if f.root == nil || !f.left || f.waiting > 0 {
		return
	}
	if err := f.dress(); err != nil {
		r.Failed(f.label, err)
	}
	if err := syncFolder(f.d); err != nil {
		r.Failed(f.label, err)
	}
	d := f.d
	f.d = nil
	r.tree.shut(f)
	if err := r.tree.disks.add(f.disk, d); err != nil {
		r.Failed(f.label, err)
	}
}

func (f *folder) dress() error {
	if f.made && runtime.GOOS != "windows" { // which knows no mode of folders
		if err := f.d.Chmod(f.perm()); err != nil {
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

// shut closes the handles of a folder.
func (t *tree) shut(f *folder) {
	if f.root == nil {
		return
	}
	f.root.Close()
	if f.d != nil {
		f.d.Close()
	}
	f.root = nil
	t.held--
}
