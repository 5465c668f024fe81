package remote

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"techsh/codec"
	"techsh/codec/transfer"
)

// copying is a COPY that runs.
type copying struct {
	*request
	ctx context.Context

	mu sync.Mutex // of a tree both ends tell what has failed
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
			return c.tree(from, to, into)
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

// tree copies a folder as one that is got and put: what holds for those holds
// for it.
func (c *copying) tree(from, to string, into bool) error {
	src, real, err := c.folder(from)
	if err != nil {
		return err
	}
	defer src.Close()
	p, err := c.treeTarget(to, top(from), into)
	if err != nil {
		return err
	}
	if within(p.real, real) {
		p.close()
		return codec.Errorf(codec.BadRequest, "a folder cannot go into itself")
	}
	var refused error // the folder itself
	chosen := false
	read, write := io.Pipe()
	in := codec.NewConn(duplex{Reader: read, Closer: read})
	rec := transfer.Receiver{
		Trees: true, Enter: c.disk.enter, Keep: in.Keep,
		Choose: func(codec.Entry) (transfer.Target, error) {
			chosen = true
			return c.landing(p), nil
		},
		Failed: func(name string, err error) {
			if name == top(from) {
				refused = codec.Explain(p.said, err)
				return
			}
			c.lost(p.said, name, err)
		},
	}
	landed := make(chan error, 1)
	go func() {
		var err error
		for err == nil {
			var f codec.Frame
			if f, err = in.ReadFrame(); err == nil {
				err = errors.Join(rec.Take(f), refused)
			}
		}
		read.CloseWithError(err)
		landed <- err
	}()
	sender := transfer.Sender{To: codec.NewConn(duplex{Writer: write, Closer: write}), Failed: func(name string, err error) { c.lost(from, name, err) }}
	err = errors.Join(sender.Tree(c.ctx, src, ".", top(from), transfer.Tree{Enter: c.disk.enter}), sender.To.Flush())
	write.Close()
	if rerr := <-landed; rerr != io.EOF {
		err = rerr // the sender's is the same, or says that nobody reads
	}
	if err == nil {
		rec.Flush()
		err = refused
	}
	rec.Close()
	if !chosen {
		p.close()
	}
	c.files, c.folders, c.links, c.bytes = c.files+rec.Files, c.folders+rec.Folders, c.links+rec.Links, c.bytes+rec.Bytes
	return err
}

// duplex is what a codec.Conn wants, of one direction.
type duplex struct {
	io.Reader
	io.Writer
	io.Closer
}

// lost tells that name, of a tree that is at path, could not be read or
// written.
func (c *copying) lost(path, name string, err error) {
	_, rest, _ := strings.Cut(name, "/")
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed++
	_ = c.note(below(path, filepath.FromSlash(rest)), err) // that the client is gone is noticed
}
