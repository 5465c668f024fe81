package remote

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"

	"techsh/codec"
	"techsh/codec/transfer"
)

// walk hands on what is in a folder and below it, as it is read: each with the
// folder that it is in, and that one's path as typed. What cannot be read is
// noted, and the rest goes on.
type walk struct {
	r      *request
	ctx    context.Context
	follow bool // links, below where it begins
	visit  func(in *os.Root, folder string, e codec.Entry) error
	enters func(path string, f *os.File) error // a folder that is open now; may be nil
	*tally

	above []fs.FileInfo // the folders that it is in, when it follows
}

// at begins with what stands at path, and returns how that failed. Links are
// not followed.
func (w *walk) at(path string, depth int) error {
	e, _, err := w.r.entry(path)
	if err != nil {
		return err
	}
	if err := w.visit(nil, "", e); err != nil || e.Kind != codec.Folder || depth == 0 {
		return err
	}
	return w.r.reading(path, func(root *os.Root, f *os.File) error { return w.in(root, f, path, depth) })
}

func (w *walk) in(root *os.Root, f *os.File, path string, depth int) error {
	if w.enters != nil {
		if err := w.enters(path, f); err != nil {
			return err
		}
	}
	if w.follow {
		fi, err := f.Stat()
		if err != nil {
			return err
		}
		w.above = append(w.above, fi)
		defer func() { w.above = w.above[:len(w.above)-1] }()
	}
	return scan(root, f, func(e codec.Entry) error {
		if transfer.IsPart(e.Name) {
			return nil
		}
		under := below(path, e.Name)
		if w.follow && (e.Kind == codec.Link || e.Kind == codec.Folder) {
			return w.noted(under, w.through(root, e, path, depth))
		}
		if err := w.visit(root, path, e); err != nil || e.Kind != codec.Folder || depth == 1 {
			return err
		}
		return w.noted(under, w.enter(root, e.Name, under, depth))
	})
}

func (w *walk) enter(root *os.Root, name, under string, depth int) error {
	return w.r.inner(root, name, under, func(root *os.Root, f *os.File) error { return w.in(root, f, under, depth-1) })
}

// through goes on where e, a folder or a link in the folder at path, leads,
// but not back to where it is.
func (w *walk) through(in *os.Root, e codec.Entry, path string, depth int) error {
	name := e.Name
	if e.Kind == codec.Link {
		to, last, err := w.r.lead(in, name)
		if err != nil {
			return err
		}
		defer to.Close()
		in, name = to, last
	}
	fi, err := in.Lstat(name)
	if err != nil {
		return err
	}
	for _, above := range w.above {
		if os.SameFile(above, fi) {
			return codec.Errorf(codec.Unsupported, "it leads back to a folder that it is in")
		}
	}
	if err := w.visit(in, path, transfer.EntryOf(e.Name, fi)); err != nil || !fi.IsDir() || depth == 1 {
		return err
	}
	return w.enter(in, name, below(path, e.Name), depth)
}

// noted notes a failure that is not that of the call.
func (w *walk) noted(path string, err error) error {
	if err == nil {
		return context.Cause(w.ctx)
	}
	return w.r.count(w.ctx, w.tally, false, path, err)
}

// entersFolder says whether path is of a form that means a folder, also when a
// link is there.
func entersFolder(path string) bool {
	base := filepath.Base(path)
	return endsInSeparator(path) || base == "." || base == ".."
}

// below is the path of name in the folder that was typed as path.
func below(path, name string) string {
	if path == filepath.VolumeName(path) || endsInSeparator(path) {
		return path + name
	}
	return path + string(filepath.Separator) + name
}

// inner is inside for a folder that path would lead to.
func (s *session) inner(dir *os.Root, name, path string, do reader) error {
	if _, err := s.abs(path); err != nil { // nobody could type it
		return err
	}
	return s.inside(dir, name, do)
}
