package files

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"techsh/codec"
	"techsh/codec/fileid"
	"techsh/codec/landing"
	"techsh/remote/disk"
	"techsh/remote/verb"
)

func move(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	var t verb.Tally
	arrived := landing.Arrivals{Once: true}
	err := pairwise(ctx, r, &t, func(from, to string, into bool) error {
		src, fi, err := r.View.Take(from)
		if err != nil {
			return err
		}
		defer src.Close()
		dst, err := moveTarget(r, src, fi, to, into)
		if err != nil {
			return err
		}
		defer dst.Close()
		if err := checkMoved(r, src, fi, dst); err != nil {
			return err
		}
		if old, err := dst.Dir.Lstat(dst.Name); err == nil && !os.SameFile(fi, old) {
			if err := arrived.Check(dst.Dir, dst.Name, old); err != nil {
				return codec.Explain(dst.Typed, err)
			}
		}
		if err := moveTo(ctx, r, src, fi, dst); err != nil {
			return err
		}
		arrived.Add(dst.Dir, dst.Name)
		return nil
	})
	if err == nil {
		err = t.Partial()
	}
	return nil, err
}

// moveTarget returns the destination of src, which has the status fi, when it is moved to
// the path in the parameter to. If that path is another spelling of the name of the
// folder src, the folder is renamed and not moved into itself.
func moveTarget(r *verb.Request, src disk.Spot, fi fs.FileInfo, to string, into bool) (disk.Spot, error) {
	if fi.IsDir() && !into && !disk.EndsInSeparator(to) {
		dst, err := r.View.PlaceNew(to)
		if err == nil && dst.Name != src.Name && isSpelling(src, fi, dst) {
			return dst, nil
		}
		if err == nil {
			dst.Close()
		}
	}
	return r.View.Target(to, filepath.Base(src.Typed), into)
}

// isSpelling reports whether dst leads to src, which has the status fi, by another
// spelling of its name.
func isSpelling(src disk.Spot, fi fs.FileInfo, dst disk.Spot) bool {
	old, err := dst.Dir.Lstat(dst.Name)
	if err != nil || !os.SameFile(fi, old) || landing.FoldName(src.Name) != landing.FoldName(dst.Name) {
		return false
	}
	same, err := sameFolder(src, dst)
	return same && err == nil
}

// moveTo renames src, or copies and deletes it if dst is on another file system. It never
// replaces a folder, and replaces a file only with -f.
func moveTo(ctx context.Context, r *verb.Request, src disk.Spot, fi fs.FileInfo, dst disk.Spot) error {
	old, err := checkMove(r, src, fi, dst)
	if err != nil {
		return err
	}
	if old != nil && os.SameFile(fi, old) {
		links, err := areLinks(src, dst)
		if err != nil {
			return err
		}
		switch {
		case links && !r.Args.Has("f"):
			return codec.Explain(dst.Typed, codec.Errorf(codec.Exists, ""))
		case links: // a rename would leave both links
			return deleteIf(ctx, r, src, old)
		}
		return respell(r, src, dst)
	}
	err = r.View.Rename(src, dst, old == nil && !(fi.Mode().IsRegular() && r.Args.Has("f")))
	switch {
	case err == nil || !disk.CrossesDevices(err):
		return err
	case fi.Mode().IsRegular():
		return carryFile(ctx, r, src, fi, dst)
	}
	return carryTree(ctx, r, src, fi, dst)
}

// respell renames src to dst. The file system takes both names for the same name. On
// Linux such a rename changes nothing, so respell then gives the file a third name in
// between.
func respell(r *verb.Request, src, dst disk.Spot) error {
	if err := r.View.Rename(src, dst, false); err != nil {
		return err
	}
	if listed, err := lists(dst.Dir, dst.Name); listed[0] || err != nil {
		return err
	}
	aside := dst
	aside.Name = landing.NewAsideName()
	if err := r.View.Rename(src, aside, true); err != nil {
		return err
	}
	err := r.View.Rename(aside, dst, true)
	if err != nil {
		err = errors.Join(err, r.View.Rename(aside, src, true))
	}
	return err
}

// deleteIf deletes the file src if it is still as fi describes it.
func deleteIf(ctx context.Context, r *verb.Request, src disk.Spot, fi fs.FileInfo) error {
	d := newRemoval(r)
	d.Only = &fileid.Set{}
	if err := d.Only.Add(fileid.Of(fi), &codec.Budget{}); err != nil {
		return err
	}
	return d.Remove(ctx, src.Dir, src.Name, src.Typed)
}

// areLinks reports whether src and dst, two names of the same file, are two hard links.
// If they are not, they are two spellings of the name of one link, and the file system
// accepts both spellings.
func areLinks(src, dst disk.Spot) (bool, error) {
	same, err := sameFolder(src, dst)
	if err != nil || !same {
		return true, err
	}
	listed, err := lists(src.Dir, src.Name, dst.Name)
	return listed[0] && listed[1], err
}

// lists reports, for each of the names, whether it is in the listing of dir.
func lists(dir *os.Root, names ...string) (listed []bool, err error) {
	listed = make([]bool, len(names))
	f, err := dir.Open(".")
	if err != nil {
		return listed, err
	}
	defer f.Close()
	err = disk.ScanNames(f, func(name string, _ fs.FileMode) error {
		if i := slices.Index(names, name); i >= 0 {
			listed[i] = true
		}
		return nil
	})
	return listed, err
}

func sameFolder(src, dst disk.Spot) (bool, error) {
	a, err := src.Dir.Stat(".")
	if err != nil {
		return false, err
	}
	b, err := dst.Dir.Stat(".")
	return err == nil && os.SameFile(a, b), err
}

// checkMove returns an error if src must not be moved or the target must not be replaced.
// Otherwise it returns the FileInfo of the target, or nil if there is no target.
func checkMove(r *verb.Request, src disk.Spot, fi fs.FileInfo, dst disk.Spot) (fs.FileInfo, error) {
	for _, p := range []disk.Spot{src, dst} {
		if err := r.View.FS.CheckTake(p.Dir, p.Name); err != nil {
			return nil, codec.Explain(p.Typed, err)
		}
	}
	old, err := dst.Dir.Lstat(dst.Name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, codec.Explain(dst.Typed, err)
	}
	if err == nil {
		folder, err := sameFolder(src, dst)
		if err != nil {
			return nil, err
		}
		same := os.SameFile(fi, old)
		switch {
		case same && folder && src.Name == dst.Name:
			return nil, errSameFile()
		case same && folder && landing.FoldName(src.Name) == landing.FoldName(dst.Name): // only its spelling changes
		case !r.Args.Has("f") || old.IsDir() || fi.IsDir():
			return nil, codec.Explain(dst.Typed, codec.Errorf(codec.Exists, ""))
		}
	}
	if fi.IsDir() && disk.Within(dst.Real, src.Real) {
		return nil, errIntoItself()
	}
	return old, nil
}

// carryFile copies a file to another file system and then deletes it.
func carryFile(ctx context.Context, r *verb.Request, src disk.Spot, fi fs.FileInfo, dst disk.Spot) error {
	f, fi, err := landing.OpenRegular(src.Dir, src.Name, fi)
	if err != nil {
		return err
	}
	defer f.Close()
	dir, err := dst.Dir.OpenRoot(".")
	if err != nil {
		return err
	}
	target := landing.Target{Dir: dir, Name: dst.Name, Key: dst.Abs, Force: r.Args.Has("f"), Umask: landing.UmaskOf(0)}
	if err := landing.Copy(ctx, target, f, fi); err != nil {
		return codec.Explain(dst.Typed, err)
	}
	return hintBothStay(deleteIf(ctx, r, src, fi))
}

const bothStay = "the source is whole; what was copied stays too"

// hintBothStay adds a hint to the error of deleting a source. The hint says that the copy
// exists too.
func hintBothStay(err error) error {
	if err == nil {
		return nil
	}
	x := codec.Explain("", err)
	if x.Hint == "" {
		x.Hint = bothStay
	}
	return x
}

// carryTree copies a folder or a link to another file system, and deletes it only when
// the copy is complete.
func carryTree(ctx context.Context, r *verb.Request, src disk.Spot, fi fs.FileInfo, dst disk.Spot) error {
	c := &copyRun{r: r, ctx: ctx, umask: landing.UmaskOf(0), copied: &fileid.Set{}} // a move keeps modes
	if err := c.record(fi); err != nil {
		return err
	}
	err := c.carry(src, fi, dst)
	if err == nil {
		c.Done = int(c.files + c.folders + c.links)
		err = c.Partial()
	}
	if x, ok := errors.AsType[*codec.Error](err); ok && x.Hint == "" && c.files+c.folders > 0 {
		x.Hint = bothStay
	}
	if err != nil {
		return err
	}
	d := newRemoval(r)
	d.Only = c.copied
	err = d.Remove(ctx, src.Dir, src.Name, src.Typed)
	switch {
	case d.Left > 0:
		return verb.Tally{Failed: d.Left, Done: d.Gone}.Partial()
	case landing.KindOf(fi.Mode()) == codec.Link:
		return hintBothStay(err)
	}
	return err
}

// carry copies the folder or link fi at src to another file system.
func (c *copyRun) carry(src disk.Spot, fi fs.FileInfo, dst disk.Spot) error {
	p := dst
	var err error
	if p.Dir, err = dst.Dir.OpenRoot("."); err != nil {
		return err
	}
	kind := landing.KindOf(fi.Mode())
	switch kind {
	case codec.Folder:
		root, err := c.r.View.Enter(src.Dir, src.Name)
		if err != nil {
			p.Close()
			return err
		}
		defer root.Close()
		return c.tree(root, src.Typed, p)
	case codec.Link:
		t := newTreeCopy(c, p)
		defer t.batch.Close()
		return errors.Join(t.link(src.Dir, src.Name, fi, c.target(p)), t.end())
	}
	p.Close()
	return codec.Errorf(codec.Unsupported, "the target is on another file system, a %s cannot be moved to it", kind)
}
