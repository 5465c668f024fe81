package remote

import (
	"context"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"

	"techsh/codec"
	"techsh/codec/transfer"
)

// copying is a COPY that runs.
type copying struct {
	*request
	ctx context.Context
	tally
	files, folders, links, bytes int64
}

func copyFiles(ctx context.Context, r *request) (codec.Pairs, error) {
	c := &copying{request: r, ctx: ctx}
	err := r.pairwise(ctx, &c.tally, c.copy)
	if !r.args.Has("r") {
		if err == nil {
			err = c.partial()
		}
		return nil, err
	}
	pairs := r.crossed(c.files, c.folders, c.links, c.bytes)
	if err == nil {
		c.done = int(c.files + c.folders + c.links)
		err = c.partial(pairs...)
	}
	return pairs, err
}

func (c *copying) copy(from, to string, into bool) error {
	f, fi, err := c.regular(from)
	if errors.Is(err, &codec.Error{Code: codec.IsDirectory}) {
		if c.args.Has("r") {
			return c.folder(from, to, into)
		}
		return &codec.Error{Code: codec.IsDirectory, Hint: "-r copies folders"}
	}
	if err != nil {
		return err
	}
	defer f.Close()
	p, err := c.target(to, filepath.Base(from), into)
	if err != nil {
		return err
	}
	if there, err := p.dir.Stat(p.name); err == nil && os.SameFile(there, fi) {
		p.close()
		return codec.Errorf(codec.BadRequest, "source and target are the same file")
	}
	if err := transfer.Copy(c.ctx, c.landing(p), f, fi); err != nil {
		return codec.Explain(p.said, err)
	}
	c.files++
	c.bytes += fi.Size()
	return nil
}

func (c *copying) landing(p spot) transfer.Target {
	return transfer.Target{Dir: p.dir, Name: p.name, Key: p.abs, Force: c.args.Has("f")}
}

// folder copies one with all in it.
func (c *copying) folder(from, to string, into bool) error {
	src, real, err := c.session.folder(from)
	if err != nil {
		return err
	}
	p, err := c.treeTarget(to, top(from), into)
	if err == nil && within(p.real, real) {
		p.close()
		err = codec.Errorf(codec.BadRequest, "a folder cannot go into itself")
	}
	if err != nil {
		src.Close()
		return err
	}
	return reader(func(root *os.Root, f *os.File) error { return c.tree(root, f, from, p) }).read(src, nil)
}

// tree copies the open folder that was typed as from to p, which it closes.
func (c *copying) tree(root *os.Root, f *os.File, from string, p spot) error {
	t := c.treeTo(top(from), p)
	defer t.end()
	name := func(path string) string { // in the tree
		rest := strings.TrimPrefix(path[len(from):], string(filepath.Separator))
		return strings.TrimSuffix(top(from)+"/"+filepath.ToSlash(rest), "/")
	}
	w := walk{
		r: c.request, ctx: c.ctx, tally: &c.tally,
		enters: func(path string, f *os.File) error {
			fi, err := f.Stat()
			if err != nil {
				return err
			}
			return t.take(transfer.EntryOf(name(path), fi))
		},
		visit: func(in *os.Root, folder string, e codec.Entry) error {
			if e.Kind == codec.Folder {
				return nil // until it is open
			}
			path, last := below(folder, e.Name), e.Name
			e.Name = name(path)
			return c.count(c.ctx, &c.tally, false, path, t.one(in, last, e))
		},
	}
	if err := w.in(root, f, from, math.MaxInt); err != nil {
		return err
	}
	t.Flush()
	return t.refused
}

// A treeCopy is a tree of this machine that lands here.
type treeCopy struct {
	*copying
	transfer.Receiver
	refused error // the top
}

// treeTo lands what will be taken, whose top has that name, at p.
func (c *copying) treeTo(name string, p spot) *treeCopy {
	t := &treeCopy{copying: c}
	t.Receiver = transfer.Receiver{
		Trees: true, Enter: c.disk.enter, Stays: c.disk.take,
		Choose: func(codec.Entry) (transfer.Target, error) { return c.landing(p), nil },
		Failed: func(failed string, err error) {
			if failed == name {
				t.refused = codec.Explain(p.said, err)
				return
			}
			_, rest, _ := strings.Cut(failed, "/")
			_ = c.count(c.ctx, &c.tally, false, below(p.said, filepath.FromSlash(rest)), err) // that the client is gone is noticed
		},
	}
	return t
}

// one copies what is called last in dir; e has its name in the tree.
func (t *treeCopy) one(dir *os.Root, last string, e codec.Entry) error {
	switch e.Kind {
	case codec.Link:
		return t.take(e)
	case codec.Regular:
	default:
		return codec.Errorf(codec.NotRegular, "a %s, it is not sent", e.Kind)
	}
	fi, err := dir.Lstat(last)
	if err != nil {
		return err
	}
	f, fi, err := transfer.OpenRegular(dir, last, fi)
	if err != nil {
		return err
	}
	defer f.Close()
	return t.Copy(t.ctx, transfer.EntryOf(e.Name, fi), f, fi)
}

// take takes a folder or a link.
func (t *treeCopy) take(e codec.Entry) error {
	return errors.Join(t.Take(codec.Frame{Verb: codec.FILE, Body: append(e.Append(nil), '\n')}), t.refused)
}

// end gives up what is not in its place, and counts what is.
func (t *treeCopy) end() {
	t.Close()
	t.files, t.folders, t.links, t.bytes = t.files+t.Files, t.folders+t.Folders, t.links+t.Links, t.bytes+t.Bytes
}
