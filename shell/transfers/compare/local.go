package compare

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"techsh/codec"
	"techsh/codec/landing"
)

// A LocalLookup looks up names in a local folder. It keeps the parent folder of the
// last name open, because the next name is usually in the same folder.
type LocalLookup struct {
	top    *os.Root
	follow bool
	path   string   // the path of parent, relative to top
	parent *os.Root // the folder of the last name, or nil
}

// NewLocalLookup returns a LocalLookup for folder; if folder is nil, no name exists.
// If follow is set, links are followed, even out of the folder.
func NewLocalLookup(folder *os.Root, follow bool) *LocalLookup {
	return &LocalLookup{top: folder, follow: follow}
}

// Entry returns the entry of name. Its Kind is 0 if no file has that name. After an
// error, there may be such a file.
func (l *LocalLookup) Entry(name string) (codec.Entry, error) {
	if l.top == nil {
		return codec.Entry{}, nil
	}
	if l.follow {
		fi, err := os.Stat(filepath.Join(l.top.Name(), filepath.FromSlash(name)))
		if err != nil {
			return codec.Entry{}, unlessMissing(err)
		}
		return landing.EntryOf(name, fi), nil
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
	return landing.EntryWithTarget(name, fi, dir.Readlink, last), nil
}

// Close closes the folder that is kept open.
func (l *LocalLookup) Close() {
	if l.parent != nil {
		l.parent.Close()
		l.parent = nil
	}
}

// unlessMissing returns nil if err says that the file does not exist, and err
// otherwise.
func unlessMissing(err error) error {
	explained := codec.Explain("", err)
	for _, code := range []codec.Code{codec.NotFound, codec.NotDirectory} {
		if errors.Is(explained, &codec.Error{Code: code}) {
			return nil
		}
	}
	return err
}

// A LocalWalk walks through a local folder.
type LocalWalk struct {
	// Failed is called for an entry that cannot be read.
	Failed func(name string, err error)

	// Each is called for each entry, which fi describes; a folder comes before its
	// contents. The result reports whether to walk through a folder.
	Each func(name string, e codec.Entry, fi fs.FileInfo) (enter bool)
}

// Walk walks through dir until ctx is done. It leaves out parts of incomplete
// transfers.
func (w LocalWalk) Walk(ctx context.Context, dir *os.Root) error { return w.walk(ctx, dir, "") }

// walk walks through dir and prepends prefix to all names.
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
	if fi.Mode().IsRegular() && landing.IsPart(last) {
		return nil
	}
	e := landing.EntryWithTarget(name, fi, dir.Readlink, last)
	if !w.Each(name, e, fi) || e.Kind != codec.Folder {
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
