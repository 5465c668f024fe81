package remote

import (
	"context"
	"os"
	"path/filepath"

	"techsh/codec"
	"techsh/codec/transfer"
)

// walk hands on what is in a folder and below it, each with the folder's path
// as typed, as it is read. What cannot be read is noted, and the rest goes on.
type walk struct {
	r     *request
	ctx   context.Context
	visit func(folder string, e codec.Entry) error
	*tally
}

// at begins with what stands at path, and returns how that failed. Links are
// not followed.
func (w *walk) at(path string, depth int) error {
	e, _, err := w.r.entry(path)
	if err != nil {
		return err
	}
	if err := w.visit("", e); err != nil || e.Kind != codec.Folder || depth == 0 {
		return err
	}
	return w.r.reading(path, func(root *os.Root, f *os.File) error { return w.in(root, f, path, depth) })
}

func (w *walk) in(root *os.Root, f *os.File, path string, depth int) error {
	return scan(root, f, func(e codec.Entry) error {
		if transfer.IsPart(e.Name) {
			return nil
		}
		if err := w.visit(path, e); err != nil || e.Kind != codec.Folder || depth == 1 {
			return err
		}
		under := below(path, e.Name)
		err := w.r.inner(root, e.Name, under, func(root *os.Root, f *os.File) error { return w.in(root, f, under, depth-1) })
		if err == nil {
			return context.Cause(w.ctx)
		}
		return w.r.count(w.ctx, w.tally, false, under, err)
	})
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
