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
	"techsh/codec/fileid"
	"techsh/codec/landing"
	"techsh/codec/transfer"
	"techsh/remote/disk"
	"techsh/remote/verb"
)

// A copyRun is a running COPY, or the copying part of a MOVE.
type copyRun struct {
	verb.Tally
	r                            *verb.Request
	ctx                          context.Context
	files, folders, links, bytes int64
	umask                        landing.Umask
	copied                       *fileid.Set // the states of what a MOVE has copied; nil for a COPY
	arrived                      landing.Arrivals
	budget                       codec.Budget
}

// record adds the state of a file to c.copied, if that is not nil. It is called before
// the file is copied.
func (c *copyRun) record(fi fs.FileInfo) error {
	if c.copied == nil {
		return nil
	}
	return c.copied.Add(fileid.Of(fi), &c.budget)
}

func copyFiles(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	c := &copyRun{r: r, ctx: ctx, umask: r.View.Umask, arrived: landing.Arrivals{Once: true}}
	err := pairwise(ctx, r, &c.Tally, c.copy)
	if !r.Args.Has("r") {
		if err == nil {
			err = c.Partial()
		}
		return nil, err
	}
	pairs := r.Transferred(c.files, c.folders, c.links, c.bytes)
	if err == nil {
		c.Done = int(c.files + c.folders + c.links)
		err = c.Partial(pairs...)
	}
	return pairs, err
}

// pairwise calls do for each source together with the target, which is the last word.
func pairwise(
	ctx context.Context, r *verb.Request, t *verb.Tally, do func(from, to string, into bool) error,
) error {
	if err := r.Need(2, -1); err != nil {
		return err
	}
	words := r.Args.Words
	last := len(words) - 1
	to, err := r.View.One(ctx, verb.Literal(words[last:])[0])
	if err != nil {
		return err
	}
	return r.Every(ctx, words[:last], t, func(from string) error {
		return do(from, to, intoFolder(words, from))
	})
}

func (c *copyRun) copy(from, to string, into bool) error {
	f, fi, err := c.r.View.Regular(from)
	if errors.Is(err, &codec.Error{Code: codec.IsDirectory}) {
		if c.r.Args.Has("r") {
			return c.folder(from, to, into)
		}
		return &codec.Error{Code: codec.IsDirectory, Hint: "-r copies folders"}
	}
	if err != nil {
		return err
	}
	defer f.Close()
	p, err := c.r.View.Target(to, filepath.Base(from), into)
	if err != nil {
		return err
	}
	if old, err := p.Dir.Stat(p.Name); err == nil && os.SameFile(old, fi) {
		p.Close()
		return errSameFile()
	}
	if err := landing.Copy(c.ctx, c.target(p), f, fi); err != nil {
		return codec.Explain(p.Typed, err)
	}
	c.files++
	c.bytes += fi.Size()
	return nil
}

func errSameFile() error {
	return codec.Errorf(codec.BadRequest, "source and target are the same file")
}

func errIntoItself() error {
	return codec.Errorf(codec.BadRequest, "a folder cannot be placed inside itself")
}

func (c *copyRun) target(p disk.Spot) landing.Target {
	return landing.Target{
		Dir: p.Dir, Name: p.Name, Key: p.Abs, Force: mayReplace(c.r, p), Umask: c.umask, Arrived: &c.arrived,
	}
}

// folder copies a folder with its contents.
func (c *copyRun) folder(from, to string, into bool) error {
	src, real, err := c.r.View.Folder(from)
	if err != nil {
		return err
	}
	p, err := c.r.View.TreeTarget(to, disk.TopName(from), into)
	if err == nil && disk.Within(p.Real, real) {
		p.Close()
		err = errIntoItself()
	}
	if err != nil {
		src.Close()
		return err
	}
	defer src.Close()
	return c.tree(src, from, p)
}

// tree copies an open folder to p. from is the path of the folder as it was typed. tree
// closes p.
func (c *copyRun) tree(root *os.Root, from string, p disk.Spot) error {
	t := newTreeCopy(c, disk.TopName(from), p)
	defer t.end()
	name := func(path string) string { // converts a typed path to a name in the tree
		rest := strings.TrimPrefix(path[len(from):], string(filepath.Separator))
		return strings.TrimSuffix(disk.TopName(from)+"/"+filepath.ToSlash(rest), "/")
	}
	failed := func(path string, err error) error { return c.r.Count(c.ctx, &c.Tally, false, path, err) }
	w := disk.Walk{
		View: c.r.View, Ctx: c.ctx, Failed: failed,
		Enters: func(path string, f *os.File) error {
			fi, err := f.Stat()
			if err != nil {
				return err
			}
			if err := c.record(fi); err != nil {
				return err
			}
			e := landing.EntryOf(name(path), fi)
			e.Mode = landing.WithoutMask(f, e.Mode)
			return t.take(e)
		},
		Visit: func(in *os.Root, folder string, e disk.Entry) error {
			if e.Kind == codec.Folder {
				return nil // Enters makes the folder
			}
			path, last := disk.Below(folder, e.Name), e.Name
			e.Name = name(path)
			return failed(path, t.copy(in, last, e.Entry))
		},
	}
	if err := w.In(root, from, math.MaxInt); err != nil {
		return err
	}
	t.receiver.Flush()
	return t.refused
}

// A treeCopy is a Receiver for a tree that comes from the remote itself.
type treeCopy struct {
	run      *copyRun
	receiver transfer.Receiver
	refused  error // the error of the top of the tree
}

// newTreeCopy returns a treeCopy that writes a tree to p. name is the name of the top of
// the tree.
func newTreeCopy(c *copyRun, name string, p disk.Spot) *treeCopy {
	t := &treeCopy{run: c}
	t.receiver = transfer.Receiver{
		Trees: true, AnyDepth: true, Enter: c.r.View.FS.CheckEnter, Stays: c.r.View.FS.CheckTake,
		Choose: func(codec.Entry) (landing.Target, error) { return c.target(p), nil },
		Failed: func(failed string, err error) {
			if failed == name {
				t.refused = codec.Explain(p.Typed, err)
				return
			}
			_, rest, _ := strings.Cut(failed, "/")
			path := disk.Below(p.Typed, filepath.FromSlash(rest))
			_ = c.r.Count(c.ctx, &c.Tally, false, path, err) // other code notices a lost connection
		},
	}
	return t
}

// copy copies a file in the folder dir. last is the name of the file there, and e is its
// entry in the tree.
func (t *treeCopy) copy(dir *os.Root, last string, e codec.Entry) error {
	fi, err := dir.Lstat(last)
	if err != nil {
		return err
	}
	switch landing.KindOf(fi.Mode()) {
	case codec.Link:
		if err := t.run.record(fi); err != nil {
			return err
		}
		return t.link(dir, last, e.Name, fi)
	case codec.Regular:
	default:
		return codec.Errorf(codec.NotRegular, "a %s, which is not sent", e.Kind)
	}
	f, fi, err := landing.OpenRegular(dir, last, fi)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := t.run.record(fi); err != nil {
		return err
	}
	return t.receiver.Copy(t.run.ctx, landing.EntryOf(e.Name, fi), f, fi)
}

// link copies the link fi in the folder dir. last is its name there.
func (t *treeCopy) link(dir *os.Root, last, name string, fi fs.FileInfo) error {
	target, err := dir.Readlink(last)
	if err != nil {
		return err
	}
	return t.take(landing.LinkEntry(name, fi, target, false))
}

// take makes a folder or a link.
func (t *treeCopy) take(e codec.Entry) error {
	frame := codec.Frame{Verb: codec.FILE, Body: append(e.Append(nil), '\n')}
	return errors.Join(t.receiver.Take(frame), t.refused)
}

// end discards everything that is not complete, and counts the rest.
func (t *treeCopy) end() {
	t.receiver.Close()
	t.run.files += t.receiver.Files
	t.run.folders += t.receiver.Folders
	t.run.links += t.receiver.Links
	t.run.bytes += t.receiver.Bytes
}
