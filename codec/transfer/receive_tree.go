package transfer

import (
	"crypto/rand"
	"encoding/hex"
	"os"
	"strings"

	"techsh/codec"
)

// A treeState is the state of a Receiver that concerns trees.
type treeState struct {
	// the folders that contain the current position in the stream, each inside the one
	// before
	entered     []*treeFolder
	standalone  *treeFolder // the folder of the last file outside of a tree
	openHandles int         // the number of open folders
	lastPart    []byte      // the bytes of the last part name
	batch       batch       // files that wait to be flushed
	placing     batch       // the previous batch, which is being placed
	disks       dirtyDisks
}

// beginFolder handles the FILE of a folder.
func (r *Receiver) beginFolder() error {
	e := r.entry
	f := &treeFolder{path: e.Name, mode: e.Mode, time: e.Time}
	err := r.openFolder(f)
	f.label = r.label
	if err == nil || f.path != "" {
		r.tree.entered = append(r.tree.entered, f)
	}
	return err
}

func (r *Receiver) openFolder(f *treeFolder) error {
	if !strings.Contains(f.path, "/") {
		r.leaveFolders(0)
		t, err := r.chooseTarget()
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
		return r.enterFolder(f, t.Dir, t.Name)
	}
	in, base, err := r.parentFolder(f.path)
	if in == nil {
		f.path = "" // so that no entry is taken for its contents
	}
	if err != nil || in.root == nil {
		return err
	}
	f.force = in.force
	return r.enterFolder(f, in.root, base)
}

// parentFolder returns the folder that contains the entry called name, and the last
// component of name. It finishes the folders that the stream has left. If the stream is
// not inside a folder of that name, it returns an error.
func (r *Receiver) parentFolder(name string) (in *treeFolder, base string, err error) {
	cut := strings.LastIndexByte(name, '/')
	base = name[cut+1:]
	for n := len(r.tree.entered); n > 0 && in == nil; n-- {
		if f := r.tree.entered[n-1]; f.path == name[:cut] {
			r.leaveFolders(n)
			in = f
		}
	}
	if in == nil {
		for part := range strings.SplitSeq(name, "/") {
			if err := CheckName(part); err != nil {
				return nil, "", err
			}
		}
		return nil, "", codec.Errorf(codec.BadName, "its folder was not sent before it")
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

// leaveFolders finishes the folders after the first n.
func (r *Receiver) leaveFolders(n int) {
	for i := len(r.tree.entered) - 1; i >= n; i-- {
		f := r.tree.entered[i]
		f.complete = true
		r.finishFolder(f)
	}
	r.tree.entered = r.tree.entered[:n]
}

// beginBelow prepares for the bytes of a file that is inside a tree.
func (r *Receiver) beginBelow() error {
	in, base, err := r.parentFolder(r.entry.Name)
	if err != nil || in.root == nil {
		return err
	}
	if err := r.checkResume(&Target{}); err != nil {
		return err
	}
	return r.beginInFolder(in, base, in.force)
}

// beginStandalone prepares for the bytes of a small file outside of a tree. There may be
// many of them, so they are flushed in batches as well.
func (r *Receiver) beginStandalone(t Target) error {
	if err := CheckName(t.Name); err != nil {
		t.Dir.Close()
		return err
	}
	d, err := t.Dir.Open(".")
	if err != nil {
		t.Dir.Close()
		return err
	}
	f := &treeFolder{root: t.Dir, handle: d}
	r.tree.openHandles++
	if f.info, err = d.Stat(); err != nil {
		r.tree.closeFolder(f)
		return err
	}
	if last := r.tree.standalone; last != nil && os.SameFile(last.info, f.info) {
		r.tree.closeFolder(f)
		f = last
	} else {
		f.disk = deviceOf(f.info)
		r.sweeper.sweep(f.root)
		r.leaveStandalone()
		r.tree.standalone = f
	}
	return r.beginInFolder(f, t.Name, t.Force)
}

func (r *Receiver) leaveStandalone() {
	if f := r.tree.standalone; f != nil {
		r.tree.standalone = nil
		f.complete = true
		r.finishFolder(f)
	}
}

// beginInFolder opens the part file of a file in a folder.
func (r *Receiver) beginInFolder(in *treeFolder, name string, force bool) error {
	l := &Landing{dir: in.root, name: name, force: force, folder: in, part: r.tree.newPartName()}
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

// close discards everything that is not finished.
func (t *treeState) close() {
	for _, a := range t.batch.files {
		f := a.landing.folder
		_ = f.root.Remove(a.landing.part) // the result does not matter
		if f.waiting--; f.waiting == 0 && f.complete {
			t.closeFolder(f)
		}
	}
	for _, f := range t.entered {
		t.closeFolder(f)
	}
	if t.standalone != nil {
		t.closeFolder(t.standalone)
	}
	t.disks.close()
	*t = treeState{}
}

// newPartName returns a new name for a part file: a random prefix for the stream and a
// counter.
func (t *treeState) newPartName() string {
	const random = 4
	if t.lastPart == nil {
		t.lastPart = make([]byte, 8)
		_, _ = rand.Read(t.lastPart[:random])
	}
	for i := len(t.lastPart) - 1; i >= random; i-- {
		if t.lastPart[i]++; t.lastPart[i] != 0 {
			break
		}
	}
	return partPrefix + hex.EncodeToString(t.lastPart)
}
