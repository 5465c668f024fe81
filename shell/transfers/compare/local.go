package compare

import (
	"context"
	"errors"
	"io"
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
	e, _, err := l.Spelled(name, nil)
	return e, err
}

// Spelled is like Entry, but also returns the name under which the folder lists the file.
// It uses s to find that name. s belongs to the folder of the file, and may be nil.
func (l *LocalLookup) Spelled(name string, s *Spellings) (e codec.Entry, listed string, err error) {
	if l.top == nil {
		return e, "", nil
	}
	folder, last := filepath.Split(filepath.FromSlash(name))
	if l.follow {
		fi, err := os.Stat(filepath.Join(l.top.Name(), filepath.FromSlash(name)))
		if err != nil {
			return e, "", unlessMissing(err)
		}
		return landing.EntryOf(name, fi), last, nil
	}
	dir := l.top
	if folder != "" {
		if err := l.open(folder); err != nil {
			return e, "", unlessMissing(err)
		}
		dir = l.parent
	}
	fi, err := dir.Lstat(last)
	if err != nil {
		return e, "", unlessMissing(err)
	}
	if s != nil {
		if last, err = s.Of(dir, last, fi); err != nil {
			return e, "", err
		}
	}
	return landing.EntryWithTarget(name, fi, dir.Readlink, filepath.Base(name)), last, nil
}

// open opens folder and makes it l.parent. If folder is inside the previous parent, open
// begins there.
func (l *LocalLookup) open(folder string) error {
	if l.parent != nil && l.path == folder {
		return nil
	}
	from, rest := l.top, folder
	if below, ok := strings.CutPrefix(folder, l.path); ok && l.parent != nil {
		from, rest = l.parent, below
	}
	parent, err := from.OpenRoot(rest)
	l.Close()
	if err == nil {
		l.path, l.parent = folder, parent
	}
	return err
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

// A LocalWalk walks through local folders. It leaves out the part files of incomplete
// transfers.
type LocalWalk struct {
	// Failed is called for an entry that cannot be read.
	Failed func(name string, err error)

	// Each is called for each entry; fi describes the entry. A folder comes before its
	// contents. For a folder, Each may return fs.SkipDir. Any other error ends the walk.
	Each func(name string, e codec.Entry, fi fs.FileInfo) error
}

// Walk walks through dir until ctx is done.
func (w *LocalWalk) Walk(ctx context.Context, dir *os.Root) error {
	t := localTree{walk: w, ctx: ctx}
	return t.walkIn(dir)
}

// WalkAt walks through the entry called name below top, and through everything in it.
func (w *LocalWalk) WalkAt(ctx context.Context, top *os.Root, name string) error {
	folder, last := filepath.Split(filepath.FromSlash(name))
	dir, err := top.OpenRoot("./" + folder)
	if err != nil {
		w.Failed(name, err)
		return nil
	}
	defer dir.Close()
	t := localTree{walk: w, ctx: ctx, prefix: filepath.ToSlash(folder)}
	return t.walkEntry(dir, last)
}

// others calls the function each for the entries of the folder at path below top, except
// for entries for whose name the function has returns true. The parameter t of each can
// be used to walk through the entry.
func (w *LocalWalk) others(
	ctx context.Context, top *os.Root, path string, has func(name string) bool,
	each func(t *localTree, dir *os.Root, name string) error,
) error {
	dir, err := top.OpenRoot("./" + filepath.FromSlash(path))
	if err != nil {
		w.Failed(path, err)
		return nil
	}
	defer dir.Close()
	t := localTree{walk: w, ctx: ctx}
	if path != "" {
		t.prefix = path + "/"
	}
	var ended error
	err = eachName(dir, func(name string) bool {
		if !has(name) {
			ended = each(&t, dir, name)
		}
		return ended == nil
	})
	if ended != nil {
		return ended
	}
	if err != nil {
		w.Failed(path, err)
	}
	return nil
}

// eachName calls the function each for the names in a folder, until each returns false.
func eachName(dir *os.Root, each func(name string) bool) error {
	f, err := dir.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	for {
		names, err := f.Readdirnames(1024)
		for _, name := range names {
			if !each(name) {
				return nil
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// A localTree is a tree that a LocalWalk walks through.
type localTree struct {
	walk    *LocalWalk
	ctx     context.Context
	prefix  string // prefix of the names in the current folder
	descent landing.Descent
	ended   error // the error with which Each has ended the walk
}

// walkEntry walks through the entry called name in dir, and through everything in it.
func (t *localTree) walkEntry(dir *os.Root, name string) error {
	if !t.isFolder(dir, name) {
		return t.end()
	}
	sub, err := t.open(dir, name, false)
	if err != nil {
		return t.failed(t.prefix+name, err)
	}
	defer sub.Close()
	around := t.prefix
	t.prefix += name + "/"
	defer func() { t.prefix = around }()
	return t.walkIn(sub)
}

// walkIn walks through everything in dir.
func (t *localTree) walkIn(dir *os.Root) error {
	path := strings.TrimSuffix(t.prefix, "/")
	t.descent = landing.Descent{Open: t.open, Enter: t.enter, Read: t.read, Leave: t.leave, Failed: t.refused}
	return t.failed(path, t.descent.Walk(dir))
}

func (t *localTree) open(dir *os.Root, name string, again bool) (*os.Root, error) {
	fi, err := dir.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !again {
		if err := t.each(landing.EntryOf(t.prefix+name, fi), fi); err != nil {
			return nil, err
		}
	}
	return landing.OpenFolder(dir, name, fi)
}

func (t *localTree) enter(name string, _ *os.Root, _ *os.File) error {
	if name != "." {
		t.prefix += name + "/"
	}
	return nil
}

func (t *localTree) read(dir *os.Root, f *os.File) error {
	names, err := f.Readdirnames(1024)
	for _, name := range names {
		if t.isFolder(dir, name) {
			t.descent.Later(name)
		}
		if err := t.end(); err != nil {
			return err
		}
	}
	return err
}

func (t *localTree) leave(name string, _ *os.Root, err error) error {
	path := strings.TrimSuffix(t.prefix, "/")
	t.prefix = strings.TrimSuffix(path, name)
	return t.failed(path, err)
}

func (t *localTree) refused(name string, err error) error { return t.failed(t.prefix+name, err) }

// failed reports an error, unless that error has ended the walk or says that a folder is
// skipped.
func (t *localTree) failed(name string, err error) error {
	if end := t.end(); end != nil || err == nil || errors.Is(err, fs.SkipDir) {
		return end
	}
	t.walk.Failed(name, err)
	return nil
}

// end returns the reason why the walk has ended, or nil.
func (t *localTree) end() error {
	if t.ended != nil {
		return t.ended
	}
	return context.Cause(t.ctx)
}

func (t *localTree) each(e codec.Entry, fi fs.FileInfo) error {
	err := t.walk.Each(e.Name, e, fi)
	if err != nil && !errors.Is(err, fs.SkipDir) {
		t.ended = err
	}
	return err
}

// isFolder reports whether an entry is a folder. If the entry is not a folder, isFolder
// calls Each for it.
func (t *localTree) isFolder(dir *os.Root, last string) bool {
	name := t.prefix + last
	fi, err := dir.Lstat(last)
	switch {
	case err != nil:
		t.walk.Failed(name, err)
	case fi.IsDir():
		return true
	case !fi.Mode().IsRegular() || !landing.IsPart(last):
		_ = t.each(landing.EntryWithTarget(name, fi, dir.Readlink, last), fi) // an error ends the walk
	}
	return false
}
