package files

import (
	"context"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/remote/disk"
)

// A treeCopy copies a tree on this computer. It needs no path of anything in the tree,
// which may be very long, unless something fails.
type treeCopy struct {
	run     *copyRun
	batch   landing.Batch
	to      disk.Spot
	force   bool
	walk    *disk.Walk
	folders []*landing.Folder // the copies of the current folder and those around it; nil if refused
	refused error             // the error of the top of the tree
}

// newTreeCopy returns a treeCopy that writes a tree to p.
func newTreeCopy(c *copyRun, p disk.Spot) *treeCopy {
	t := &treeCopy{run: c, to: p, force: mayReplace(c.r, p)}
	t.batch = landing.Batch{Enter: c.r.View.FS.CheckEnter, Stays: c.r.View.FS.CheckTake, Failed: t.failed}
	return t
}

// tree copies an open folder to p. from is the path of the folder as it was typed. tree
// closes p.
func (c *copyRun) tree(root *os.Root, from string, p disk.Spot) error {
	t := newTreeCopy(c, p)
	defer t.batch.Close()
	t.walk = &disk.Walk{
		View: c.r.View, Ctx: c.ctx, Enters: t.enter, Leaves: t.leave, Visit: t.visit,
		Failed: func(path string, err error) error { return c.r.Count(c.ctx, &c.Tally, false, path, err) },
	}
	if err := t.walk.In(root, from, math.MaxInt); err != nil {
		if len(t.folders) == 0 && t.refused == nil {
			p.Close()
		}
		return err
	}
	return t.end()
}

// end places everything that is complete.
func (t *treeCopy) end() error {
	for len(t.folders) > 0 {
		t.leave()
	}
	if err := t.batch.Flush(); err != nil {
		t.failed(t.to.Typed, err)
	}
	return t.refused
}

// failed records that the copy called label could not be made.
func (t *treeCopy) failed(label string, err error) {
	if label == t.to.Typed {
		t.refused = codec.Explain(label, err)
		return
	}
	path := disk.Below(t.to.Typed, filepath.FromSlash(strings.TrimPrefix(label, t.to.Typed+"/")))
	_ = t.run.r.Count(t.run.ctx, &t.run.Tally, false, path, err) // other code notices a lost connection
}

// failedIn is like failed for the copy called name in the current folder.
func (t *treeCopy) failedIn(in *landing.Folder, name string, err error) {
	if err != nil {
		t.failed(in.Label()+"/"+name, err)
	}
}

// enter makes the copy of the folder called name, which is open as f.
func (t *treeCopy) enter(name string, f *os.File) error {
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	if err := t.run.record(fi); err != nil {
		return err
	}
	e := landing.EntryOf(name, fi)
	e.Mode = landing.WithoutMask(f, e.Mode)
	if len(t.folders) == 0 {
		target := t.run.target(t.to)
		target.Label = t.to.Typed
		made, err := t.batch.MakeFolder(target, e)
		if err != nil {
			t.failed(t.to.Typed, err)
			return t.refused
		}
		t.folders = append(t.folders, made)
		t.run.folders++
		return nil
	}
	in := t.folders[len(t.folders)-1]
	if in == nil {
		t.folders = append(t.folders, nil)
		return nil
	}
	made, err := t.batch.MakeFolder(t.target(in, name), e)
	t.failedIn(in, name, err)
	if err == nil {
		t.run.folders++
	}
	t.folders = append(t.folders, made)
	return nil
}

func (t *treeCopy) leave() {
	last := len(t.folders) - 1
	if f := t.folders[last]; f != nil {
		t.batch.Leave(f)
	}
	t.folders = t.folders[:last]
}

// target returns the target called name in a folder of the copy.
func (t *treeCopy) target(in *landing.Folder, name string) landing.Target {
	return landing.Target{In: in, Name: name, Force: t.force, Umask: t.run.umask}
}

// visit copies the entry e in the folder dir, unless e is a folder, which enter makes.
func (t *treeCopy) visit(dir *os.Root, e disk.Entry) error {
	in := t.folders[len(t.folders)-1]
	if e.Kind == codec.Folder || in == nil {
		return nil
	}
	t.batch.Tick()
	if err := t.copy(dir, e, in); err != nil {
		return t.walk.Failed(t.walk.Path(e.Name), err)
	}
	return context.Cause(t.run.ctx)
}

// copy copies a file or a link. The errors of the copy go to failed.
func (t *treeCopy) copy(dir *os.Root, e disk.Entry, in *landing.Folder) error {
	name := e.Name
	fi, err := dir.Lstat(name)
	if err != nil {
		return err
	}
	switch landing.KindOf(fi.Mode()) {
	case codec.Link:
		return t.link(dir, name, fi, t.target(in, name))
	case codec.Regular:
	default:
		return codec.Errorf(codec.NotRegular, "a %s, which is not sent", e.Kind)
	}
	f, fi, err := landing.OpenRegular(dir, name, fi)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := t.run.record(fi); err != nil {
		return err
	}
	l, err := t.batch.Begin(t.target(in, name))
	if err != nil {
		t.failedIn(in, name, err)
		return nil
	}
	if err := l.CopyFrom(t.run.ctx, f, fi); err != nil {
		l.Abandon()
		if t.run.ctx.Err() == nil && !errors.Is(err, &codec.Error{Code: codec.Changed}) {
			t.failedIn(in, name, err)
			return nil
		}
		return err
	}
	size := fi.Size()
	mode := landing.WithoutMask(f, int(fi.Mode().Perm())) // also on Windows, whose read-only files stay read-only
	err = t.batch.Commit(l, mode, landing.ModTime(fi), func(err error) {
		t.failedIn(in, name, err)
		if err == nil {
			t.run.files++
			t.run.bytes += size
		}
	})
	t.failedIn(in, name, err)
	return nil
}

// link copies the link fi called name in the folder dir.
func (t *treeCopy) link(dir *os.Root, name string, fi fs.FileInfo, to landing.Target) error {
	if err := t.run.record(fi); err != nil {
		return err
	}
	target, err := dir.Readlink(name)
	if err != nil {
		return err
	}
	err = t.batch.MakeLink(to, landing.LinkEntry(name, fi, target, false))
	switch {
	case err == nil:
		t.run.links++
	case to.In != nil:
		t.failedIn(to.In, name, err)
	default:
		t.failed(t.to.Typed, err)
	}
	return nil
}
