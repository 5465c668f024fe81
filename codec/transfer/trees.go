package transfer

import (
	"crypto/rand"
	"encoding/hex"
	"os"
	"strings"

	"techsh/codec"
)

// A tree is what a Receiver knows of those that come.
type tree struct {
	open   []*folder // those that the stream is in, each in the one before
	beside *folder   // the last one that files that stand alone went to
	held   int       // folders whose handles are open
	parts  []byte    // the name of the last part
	batch  batch     // what waits for its flush
	going  batch     // the one before it, which is being placed
	disks  disks
}

// folder makes ready for what is in a folder.
func (r *Receiver) folder() error {
	e := r.entry
	f := &folder{path: e.Name, mode: e.Mode, time: e.Time}
	err := r.openFolder(f)
	f.label = r.label
	if err == nil || f.path != "" {
		r.tree.open = append(r.tree.open, f)
	}
	return err
}

func (r *Receiver) openFolder(f *folder) error {
	if !strings.Contains(f.path, "/") {
		r.leave(0)
		t, err := r.choose()
		if err != nil {
			return err
		}
		if t.Writer != nil {
			return codec.Errorf(codec.IsDirectory, "")
		}
		defer t.Dir.Close()
		f.force = t.Force
		if t.Name != "." {
			if err := CheckName(t.Name); err != nil {
				return err
			}
		}
		return r.enter(f, t.Dir, t.Name)
	}
	in, base, err := r.above(f.path)
	if in == nil {
		f.path = "" // nothing can be in it
	}
	if err != nil || in.root == nil {
		return err
	}
	f.force = in.force
	return r.enter(f, in.root, base)
}

// above returns the folder that name, of a tree, is in, and its last
// component. It is nil when the stream is not in it; what the stream has left
// is finished.
func (r *Receiver) above(name string) (in *folder, base string, err error) {
	cut := strings.LastIndexByte(name, '/')
	base = name[cut+1:]
	for n := len(r.tree.open); n > 0 && in == nil; n-- {
		if f := r.tree.open[n-1]; f.path == name[:cut] {
			r.leave(n)
			in = f
		}
	}
	if in == nil {
		for part := range strings.SplitSeq(name, "/") {
			if err := CheckName(part); err != nil {
				return nil, "", err
			}
		}
		return nil, "", codec.Errorf(codec.BadName, "it is in no folder that has come before it")
	}
	r.label = in.label + "/" + base
	if in.root == nil {
		return in, base, nil
	}
	if err := CheckPath(name); err != nil {
		return in, base, err
	}
	return in, base, CheckName(base)
}

// leave finishes the folders behind the first n that are open.
func (r *Receiver) leave(n int) {
	for i := len(r.tree.open) - 1; i >= n; i-- {
		f := r.tree.open[i]
		f.left = true
		r.finish(f)
	}
	r.tree.open = r.tree.open[:n]
}

// beginBelow makes ready for a file of a tree.
func (r *Receiver) beginBelow() error {
	in, base, err := r.above(r.entry.Name)
	if err != nil || in.root == nil {
		return err
	}
	if err := r.resume(&Target{}); err != nil {
		return err
	}
	return r.beginIn(in, base, in.force)
}

// beginBeside makes ready for a small file that stands alone, among trees and
// maybe many of its like: it is flushed as one of a tree is.
func (r *Receiver) beginBeside(t Target) error {
	if err := CheckName(t.Name); err != nil {
		t.Dir.Close()
		return err
	}
	d, err := t.Dir.Open(".")
	if err != nil {
		t.Dir.Close()
		return err
	}
	f := &folder{root: t.Dir, d: d}
	r.tree.held++
	if f.info, err = d.Stat(); err != nil {
		r.tree.shut(f)
		return err
	}
	if last := r.tree.beside; last != nil && os.SameFile(last.info, f.info) {
		r.tree.shut(f)
		f = last
	} else {
		f.disk = disk(f.info)
		r.sweeper.sweep(f.root)
		r.leaveBeside()
		r.tree.beside = f
	}
	return r.beginIn(f, t.Name, t.Force)
}

func (r *Receiver) leaveBeside() {
	if f := r.tree.beside; f != nil {
		r.tree.beside = nil
		f.left = true
		r.finish(f)
	}
}

// beginIn opens the part of a file in a folder.
func (r *Receiver) beginIn(in *folder, name string, force bool) error {
	l := &Landing{dir: in.root, name: name, force: force, folder: in, part: r.tree.part()}
	var err error
	if !in.made {
		if l.old, err = l.target(); err != nil {
			return err
		}
	}
	if l.f, err = createIn(in, l.part); err != nil {
		return err
	}
	r.landing, r.writer = l, l
	return nil
}

// close gives up all that is not finished.
func (t *tree) close() {
	for _, a := range t.batch.files {
		f := a.landing.folder
		_ = f.root.Remove(a.landing.part) // nobody wants it any more
		if f.waiting--; f.waiting == 0 && f.left {
			t.shut(f)
		}
	}
	for _, f := range t.open {
		t.shut(f)
	}
	if t.beside != nil {
		t.shut(t.beside)
	}
	t.disks.close()
	*t = tree{}
}

// part returns the name of another part: at random for the stream, then
// counted.
func (t *tree) part() string {
	const random = 4
	if t.parts == nil {
		t.parts = make([]byte, 8)
		_, _ = rand.Read(t.parts[:random])
	}
	for i := len(t.parts) - 1; i >= random; i-- {
		if t.parts[i]++; t.parts[i] != 0 {
			break
		}
	}
	return partPrefix + hex.EncodeToString(t.parts)
}
