package compare

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

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

// NewLocalLookup returns a LocalLookup for folder. If folder is nil, the LocalLookup
// finds no names. If follow is set, links are followed, even out of the folder.
func NewLocalLookup(folder *os.Root, follow bool) *LocalLookup {
	return &LocalLookup{top: folder, follow: follow}
}

// Entry returns the entry of name. If no file has that name, the Kind of the entry is 0.
// If Entry returns an error, it is unknown whether the file exists.
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

	// Each is called for each entry; fi describes the entry. A folder comes before its
	// contents. For a folder, enter tells whether to walk through it.
	Each func(name string, e codec.Entry, fi fs.FileInfo) (enter bool)
}

// errStays is the error of opening a folder if Each says not to walk through the folder.
var errStays = errors.New("not entered")

// Walk walks through dir until ctx is done. It leaves out the part files of incomplete
// transfers.
func (w LocalWalk) Walk(ctx context.Context, dir *os.Root) error {
	prefix := "" // of the names in the current folder
	var d landing.Descent
	d = landing.Descent{
		Open: func(dir *os.Root, name string, again bool) (*os.Root, error) {
			fi, err := dir.Lstat(name)
			if err != nil {
				return nil, err
			}
			if !again && !w.Each(prefix+name, landing.EntryOf(prefix+name, fi), fi) {
				return nil, errStays
			}
			return landing.OpenFolder(dir, name, fi)
		},
		Enter: func(name string, _ *os.Root, _ *os.File) error {
			if name != "." {
				prefix += name + "/"
			}
			return nil
		},
		Read: func(dir *os.Root, f *os.File) error {
			names, err := f.Readdirnames(1024)
			for _, name := range names {
				if ctx.Err() != nil {
					return context.Cause(ctx)
				}
				if w.isFolder(dir, name, prefix+name) {
					d.Later(name)
				}
			}
			return err
		},
		Leave: func(name string, _ *os.Root, err error) error {
			path := strings.TrimSuffix(prefix, "/")
			prefix = strings.TrimSuffix(path, name)
			return w.failed(ctx, path, err)
		},
		Failed: func(name string, err error) error { return w.failed(ctx, prefix+name, err) },
	}
	return w.failed(ctx, "", d.Walk(dir))
}

// failed reports an error unless ctx has ended.
func (w LocalWalk) failed(ctx context.Context, name string, err error) error {
	if err != nil && !errors.Is(err, errStays) && ctx.Err() == nil {
		w.Failed(name, err)
	}
	return context.Cause(ctx)
}

// isFolder reports whether an entry is a folder. It calls Each for an entry that is not a
// folder.
func (w LocalWalk) isFolder(dir *os.Root, last, name string) bool {
	fi, err := dir.Lstat(last)
	switch {
	case err != nil:
		w.Failed(name, err)
	case fi.IsDir():
		return true
	case !fi.Mode().IsRegular() || !landing.IsPart(last):
		w.Each(name, landing.EntryWithTarget(name, fi, dir.Readlink, last), fi)
	}
	return false
}
