package landing

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"techsh/codec"
)

// A Folder is a folder of a tree that is being written. It stays open until all its files
// are placed, so that another folder or a link cannot take its place. If very many folders
// are open, some are closed for a while; when such a folder is opened again, it must be the
// same one.
type Folder struct {
	label    string // its name in errors, if no folder is around it
	mode     int
	time     time.Time
	umask    Umask
	in       *Folder  // the folder around it, or nil
	name     string   // the name of this folder in the folder around it
	depth    int      // the number of folders around it
	root     *os.Root // nil if it is closed
	handle   *os.File // another handle of the folder
	info     fs.FileInfo
	disk     uint64
	made     bool // this Batch has made the folder; an existing folder keeps its mode
	waiting  int  // the number of its files that are not placed
	complete bool
	arrived  Arrivals // the files that have arrived in this folder
}

// MakeFolder makes the folder t with the mode and time of e, or opens the existing one,
// and closes t.Dir. It does not follow a link. If t.Name is ".", it opens t.Dir. Leave
// ends the Folder.
func (b *Batch) MakeFolder(t Target, e codec.Entry) (*Folder, error) {
	dir := t.Dir
	if t.In != nil {
		if err := b.reopen(t.In); err != nil {
			return nil, err
		}
		dir = t.In.root
	} else {
		defer dir.Close()
	}
	if t.In != nil || t.Name != "." {
		if err := CheckName(t.Name); err != nil {
			return nil, err
		}
	}
	f := &Folder{mode: e.Mode, time: e.Time, umask: t.Umask, in: t.In, name: t.Name}
	if t.In != nil {
		f.depth = t.In.depth + 1
	} else {
		f.label = t.Label
	}
	if err := b.enter(f, dir, t.arrivals()); err != nil {
		return nil, err
	}
	return f, nil
}

// enter makes the folder f in dir, or opens the existing one. The parameter arrived has
// the files that have arrived in dir before.
func (b *Batch) enter(f *Folder, dir *os.Root, arrived *Arrivals) error {
	name := f.name
	fi, err := dir.Lstat(name)
	switch {
	case err == nil:
		err = arrived.Check(dir, name, fi)
	case errors.Is(err, fs.ErrNotExist):
		mode := fs.FileMode(f.mode) & 0o777 // 0777 if it is unknown
		if err = dir.Mkdir(name, f.umask.apply(mode)|0o700); err == nil {
			f.made, f.arrived.made = true, true
			fi, err = dir.Lstat(name)
		}
	}
	switch {
	case err != nil:
		return err
	case !fi.IsDir():
		return codec.Errorf(codec.NotDirectory, "it is a %s, which is not replaced", KindOf(fi.Mode()))
	}
	arrived.Add(dir, name)
	root, err := OpenFolder(dir, name, fi)
	if err == nil && b.Enter != nil {
		if err = b.Enter(root); err != nil {
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
		b.sweeper.sweep(root)
	}
	f.root, f.handle, f.info, f.disk = root, d, fi, deviceOf(fi)
	b.keep(f)
	return nil
}

// InTree reports whether the file is in a folder of a tree.
func (l *Landing) InTree() bool {
	return l.folder != nil && (l.folder.in != nil || l.folder.label != "")
}

// Label returns the name in errors of a file that is in a folder of a tree.
func (l *Landing) Label() string { return l.folder.Label() + "/" + l.name }

// Label returns the name of f in errors.
func (f *Folder) Label() string {
	var names []string
	for ; f.in != nil; f = f.in {
		names = append(names, f.name)
	}
	slices.Reverse(names)
	return strings.Join(append([]string{f.label}, names...), "/")
}

// Leave ends a Folder: nothing more is written to it. It gets its time when all its files
// are placed.
func (b *Batch) Leave(f *Folder) {
	f.complete = true
	b.finish(f)
}

// finish sets the mode and time of a folder when all its files are placed.
func (b *Batch) finish(f *Folder) {
	if !f.complete || f.waiting > 0 {
		return
	}
	if err := b.reopen(f); err != nil {
		b.Failed(f.Label(), err)
		return
	}
	if err := f.setAttributes(); err != nil {
		b.Failed(f.Label(), err)
	}
	if err := syncFolder(f.handle); err != nil {
		b.Failed(f.Label(), err)
	}
	d := f.handle
	f.handle = nil
	b.close(f)
	if err := b.disks.add(f.disk, d); err != nil {
		b.Failed(f.Label(), err)
	}
}

func (f *Folder) setAttributes() error {
	if f.made && hasModes {
		perm, err := newPerm(f.handle, f.mode, 0o777, f.umask) // the folder has inherited its default ACL
		if err != nil {
			return err
		}
		setgid := f.info.Mode() & fs.ModeSetgid // also inherited: new files get the group of the folder
		if err := f.handle.Chmod(perm | setgid); err != nil {
			return err
		}
	}
	if f.time.IsZero() {
		return nil
	}
	err := setTime(f.root, f.handle, ".", f.time)
	if !f.made && errors.Is(err, fs.ErrPermission) {
		return nil // the folder belongs to another user, who lets this user write in it
	}
	return err
}

// keep adds f to the open folders.
func (b *Batch) keep(f *Folder) {
	if b.open == nil {
		b.open = map[*Folder]struct{}{}
	}
	b.open[f] = struct{}{}
	if f.in != nil && len(b.open) >= maxOpen {
		b.thin(f)
	}
}

const (
	maxOpen   = roundFolders
	lastStay  = 32 // how many of the nearest folders around the current one stay open
	stepsStay = 32 // at most this many of the folders further above stay open
)

// thin places all waiting files, and then closes most of the folders around f.
func (b *Batch) thin(f *Folder) {
	b.start()
	b.await()
	step := 1
	for step*stepsStay < f.depth {
		step *= 2 // doubled, so that every folder that stays open now also stayed open before
	}
	for above := f.in; above != nil; above = above.in {
		if f.depth-above.depth > lastStay && above.depth%step != 0 && above.root != nil {
			b.close(above)
		}
	}
}

// reopen opens f again if it was closed while the folders in it were written.
func (b *Batch) reopen(f *Folder) error {
	if f.root != nil {
		return nil
	}
	var way []*Folder // f and the closed folders above it, from the lowest to the highest
	for above := f; above.root == nil; above = above.in {
		way = append(way, above)
	}
	for i, next := range slices.Backward(way) {
		root, err := OpenFolder(next.in.root, next.name, next.info)
		if err != nil {
			return err
		}
		if next.handle, err = root.Open("."); err != nil {
			root.Close()
			return err
		}
		next.root = root
		b.open[next] = struct{}{}
		if i+1 < len(way) && i > lastStay {
			b.close(way[i+1])
		}
	}
	return nil
}

// close closes the handles of a folder.
func (b *Batch) close(f *Folder) {
	f.root.Close()
	if f.handle != nil {
		f.handle.Close()
	}
	f.root, f.handle = nil, nil
	delete(b.open, f)
}
