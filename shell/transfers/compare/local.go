package compare

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"techsh/codec"
	"techsh/codec/transfer"
)

// A LocalLookup looks up names in a folder of this computer. It keeps the parent
// of the last name open, because the next names are mostly in it too.
type LocalLookup struct {
	top    *os.Root
	follow bool
	path   string   // of parent, below top
	parent *os.Root // of the last name, or nil
}

// NewLocalLookup returns a LocalLookup for a folder. If folder is nil, nothing
// exists. follow replaces links by what they point to, also outside the folder.
func NewLocalLookup(folder *os.Root, follow bool) *LocalLookup {
	return &LocalLookup{top: folder, follow: follow}
}

// Entry returns the entry of a name. Its Kind is 0 if there is none. An error is
// about an entry that may exist.
func (l *LocalLookup) Entry(name string) (codec.Entry, error) {
	if l.top == nil {
		return codec.Entry{}, nil
	}
	if l.follow {
		fi, err := os.Stat(filepath.Join(l.top.Name(), filepath.FromSlash(name)))
		if err != nil {
			return codec.Entry{}, unlessMissing(err)
		}
		return transfer.EntryOf(name, fi), nil
	}
	folder, last := filepath.Split(filepath.FromSlash(name))
	dir := l.top
	if folder != "" {
		if l.parent == nil || l.path != folder {
			l.Close()
			parent, err := l.top.OpenRoot(folder)
			if err != nil {
				return codec.Entry{}, unlessMissing(err)
			}
			l.path, l.parent = folder, parent
		}
		dir = l.parent
	}
	fi, err := dir.Lstat(last)
	if err != nil {
		return codec.Entry{}, unlessMissing(err)
	}
	return transfer.EntryWithTarget(name, fi, dir.Readlink, last), nil
}

// Close closes the folder that is kept open.
func (l *LocalLookup) Close() {
	if l.parent != nil {
		l.parent.Close()
		l.parent = nil
	}
}

// unlessMissing returns err, or nil if it says that nothing exists.
func unlessMissing(err error) error {
	explained := codec.Explain("", err)
	for _, code := range []codec.Code{codec.NotFound, codec.NotDirectory} {
		if errors.Is(explained, &codec.Error{Code: code}) {
			return nil
		}
	}
	return err
}

// A LocalWalk walks through a folder of this computer.
type LocalWalk struct {
	// Failed is called for an entry that cannot be read.
	Failed func(name string, err error)

	// Each is called for each entry, a folder before what it contains. It
	// reports whether to enter a folder.
	Each func(name string, e codec.Entry) (enter bool)
}

// Walk walks through dir, until ctx is done. Files of an incomplete transfer are
// left out.
func (w LocalWalk) Walk(ctx context.Context, dir *os.Root) error { return w.walk(ctx, dir, "") }

// walk walks through dir, whose entries have names that begin with prefix.
func (w LocalWalk) walk(ctx context.Context, dir *os.Root, prefix string) error {
	f, err := dir.Open(".")
	if err != nil {
		w.Failed(prefix, err)
		return nil
	}
	defer f.Close()
	for {
		names, err := f.Readdirnames(1024)
		for _, last := range names {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if transfer.IsPart(last) {
				continue
			}
			if err := w.entry(ctx, dir, last, prefix+last); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			w.Failed(prefix, err)
			return nil
		}
	}
}

func (w LocalWalk) entry(ctx context.Context, dir *os.Root, last, name string) error {
	fi, err := dir.Lstat(last)
	if err != nil {
		w.Failed(name, err)
		return nil
	}
	e := transfer.EntryWithTarget(name, fi, dir.Readlink, last)
	if !w.Each(name, e) || e.Kind != codec.Folder {
		return nil
	}
	sub, err := dir.OpenRoot(last)
	if err != nil {
		w.Failed(name, err)
		return nil
	}
	defer sub.Close()
	return w.walk(ctx, sub, name+"/")
}
