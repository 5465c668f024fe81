package files

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"techsh/codec"
	"techsh/codec/fileid"
	"techsh/codec/landing"
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

// pairwise calls the function do for each source together with the target, which is the
// last word.
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
