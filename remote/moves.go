package remote

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"techsh/codec"
	"techsh/codec/transfer"
)

// pairwise runs do for each source and the target that the last word names.
func (r *request) pairwise(ctx context.Context, t *tally, do func(from, to string, into bool) error) error {
	if err := r.need(2, -1); err != nil {
		return err
	}
	words := r.args.Words
	last := len(words) - 1
	to, err := r.one(ctx, literal(words[last:])[0])
	if err != nil {
		return err
	}
	return r.every(ctx, words[:last], t, func(from string) error {
		return do(from, to, last > 1 || codec.HasPattern(words[0].Text) && !words[0].Quoted && from != words[0].Text)
	})
}

func move(ctx context.Context, r *request) (codec.Pairs, error) {
	var t tally
	err := r.pairwise(ctx, &t, func(from, to string, into bool) error {
		src, err := r.place(from)
		if err != nil {
			return err
		}
		defer src.close()
		fi, err := src.dir.Lstat(src.name)
		if err != nil {
			return err
		}
		dst, err := r.session.target(to, filepath.Base(from), into)
		if err != nil {
			return err
		}
		defer dst.close()
		return r.moveTo(ctx, src, fi, dst)
	})
	if err == nil {
		err = t.partial()
	}
	return nil, err
}

// moveTo renames, and copies where the file systems differ. Without -f
// nothing is replaced, and a folder never.
func (r *request) moveTo(ctx context.Context, src spot, fi os.FileInfo, dst spot) error {
	for _, p := range []spot{src, dst} {
		if err := r.disk.take(p.dir, p.name); err != nil {
			return codec.Explain(p.said, err)
		}
	}
	there, err := dst.dir.Lstat(dst.name)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return codec.Explain(dst.said, err)
	case err == nil && os.SameFile(fi, there) && src.real == dst.real:
		return codec.Errorf(codec.BadRequest, "source and target are the same file")
	case err == nil && os.SameFile(fi, there) && strings.EqualFold(src.real, dst.real): // only the case of its name changes
	case err == nil && (!r.args.Has("f") || there.IsDir() || fi.IsDir()):
		return codec.Explain(dst.said, codec.Errorf(codec.Exists, ""))
	}
	if fi.IsDir() && within(dst.real, src.real) {
		return codec.Errorf(codec.BadRequest, "a folder cannot go into itself")
	}
	if there != nil && os.SameFile(fi, there) && !strings.EqualFold(src.real, dst.real) {
		return src.dir.Remove(src.name) // two links to one file: a rename would leave both
	}
	err = r.rename(src, dst, there == nil && fi.Mode().IsRegular() && !r.args.Has("f"))
	if err == nil || !crossesDevices(err) {
		return err
	}
	if !fi.Mode().IsRegular() {
		return r.carry(ctx, src, fi, dst)
	}
	f, fi, err := r.regular(src.abs)
	if err != nil {
		return err
	}
	defer f.Close()
	dir, err := dst.dir.OpenRoot(".")
	if err != nil {
		return err
	}
	if err := transfer.Copy(ctx, transfer.Target{Dir: dir, Name: dst.name, Key: dst.abs, Force: r.args.Has("f")}, f, fi); err != nil {
		return codec.Explain(dst.said, err)
	}
	return bothStay(src.dir.Remove(src.name))
}

// bothStay adds to err, which kept us from deleting what has been copied, what
// there is now.
func bothStay(err error) error {
	if err == nil {
		return nil
	}
	x := codec.Explain("", err)
	if x.Hint == "" {
		x.Hint = "the source is whole; what was copied stays too"
	}
	return x
}

// carry moves a folder or a link to another file system: it is copied, and
// deleted only when that is whole.
func (r *request) carry(ctx context.Context, src spot, fi os.FileInfo, dst spot) error {
	c := &copying{request: r, ctx: ctx}
	p := dst
	var err error
	if p.dir, err = dst.dir.OpenRoot("."); err != nil {
		return err
	}
	e := transfer.EntryWithTarget(src.name, fi, src.dir.Readlink, src.name)
	switch e.Kind {
	case codec.Folder:
		root, rerr := r.session.enter(src.dir, src.name)
		if rerr != nil {
			p.close()
			return rerr
		}
		err = reader(func(root *os.Root, f *os.File) error { return c.tree(root, f, src.said, p) }).read(root, nil)
	case codec.Link:
		t := c.treeTo(e.Name, p)
		err = t.take(e)
		t.end()
	default:
		p.close()
		return codec.Errorf(codec.Unsupported, "the target is on another file system, a %s is not moved there", e.Kind)
	}
	if err == nil {
		c.done = int(c.files + c.folders + c.links)
		err = c.partial()
	}
	if x, ok := errors.AsType[*codec.Error](err); ok && x.Hint == "" && c.files+c.folders > 0 {
		x.Hint = "the source is whole; what was copied stays too"
	}
	if err != nil {
		return err
	}
	d := discarding{request: r, ctx: ctx}
	err = d.one(src.dir, dst.dir, dst.name, src.name, e, src.said)
	if e.Kind == codec.Link {
		err = bothStay(err)
	}
	if err != nil {
		return err
	}
	return d.partial()
}

// discarding deletes what has been copied.
type discarding struct {
	*request
	ctx context.Context
	tally
}

// one deletes what is called name in from, and is e, when there is the like of
// it, called copied, in to. What is not there, or has changed since, stays.
func (d *discarding) one(from, to *os.Root, copied, name string, e codec.Entry, path string) error {
	if transfer.IsPart(name) {
		return from.Remove(name) // those are not copied, and nobody sees them
	}
	if err := d.disk.take(from, name); err != nil {
		return err
	}
	fi, err := to.Lstat(copied)
	if err == nil && !transfer.Alike(e, transfer.EntryWithTarget(copied, fi, to.Readlink, copied)) {
		err = fs.ErrNotExist
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return codec.Errorf(codec.Changed, "it has changed meanwhile, and stays")
	case err != nil:
		return err
	case e.Kind != codec.Folder:
		return from.Remove(name)
	}
	sub, err := transfer.OpenFolder(to, copied, fi)
	if err != nil {
		return err
	}
	defer sub.Close()
	for {
		left := d.failed
		err := d.inside(from, name, func(root *os.Root, f *os.File) error { return d.in(root, f, sub, path) })
		if err != nil || d.failed > left {
			return err // what is left has been told
		}
		err = from.Remove(name)
		if err == nil || codec.Explain("", err).Code != codec.NotEmpty {
			return err
		}
		// some file systems pass over names while others are deleted
	}
}

// in deletes what is in an open folder.
func (d *discarding) in(from *os.Root, f *os.File, to *os.Root, path string) error {
	return scan(from, f, func(e codec.Entry) error {
		under := below(path, e.Name)
		if err := d.one(from, to, e.Name, e.Name, e, under); err != nil {
			return d.count(d.ctx, &d.tally, false, under, err)
		}
		return context.Cause(d.ctx)
	})
}

// within says whether path is folder or below it.
func within(path, folder string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && rel != ".." && (len(rel) < 3 || rel[:3] != ".."+string(filepath.Separator))
}

// rename moves between two folders. With fresh a file that has appeared at the
// target meanwhile is not replaced.
func (s *session) rename(src, dst spot, fresh bool) error {
	if fresh {
		err := linkSpot(s.disk, src, dst)
		if err == nil {
			return src.dir.Remove(src.name)
		}
		if errors.Is(err, fs.ErrExist) {
			return codec.Explain(dst.said, codec.Errorf(codec.Exists, ""))
		}
	}
	return renameSpot(s.disk, src, dst)
}
