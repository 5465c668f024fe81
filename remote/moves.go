package remote

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"techsh/codec"
	"techsh/codec/transfer"
)

// pairwise runs do for each source and the target that the last word names.
func (r *request) pairwise(ctx context.Context, t *tally, do func(from, to string, into bool) error) error {
	if err := r.need(2, -1); err != nil {
		return err
	}
	words := r.args.Words
	last := len(words) - 1
	to, err := r.one(ctx, literal(words[last:])[0])
	if err != nil {
		return err
	}
	return r.every(ctx, words[:last], t, func(from string) error {
		return do(from, to, last > 1 || codec.HasPattern(words[0].Text) && !words[0].Quoted && from != words[0].Text)
	})
}

func move(ctx context.Context, r *request) (codec.Pairs, error) {
	var t tally
	err := r.pairwise(ctx, &t, func(from, to string, into bool) error {
		src, err := r.place(from)
		if err != nil {
			return err
		}
		defer src.close()
		fi, err := src.dir.Lstat(src.name)
		if err != nil {
			return err
		}
		dst, err := r.session.target(to, filepath.Base(from), into)
		if err != nil {
			return err
		}
		defer dst.close()
		return r.moveTo(ctx, src, fi, dst)
	})
	if err == nil {
		err = t.partial()
	}
	return nil, err
}

// moveTo renames, and copies where the file systems differ. Without -f
// nothing is replaced, and a folder never.
func (r *request) moveTo(ctx context.Context, src spot, fi os.FileInfo, dst spot) error {
	there, err := dst.dir.Lstat(dst.name)
	switch {
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return codec.Explain(dst.said, err)
	case err == nil && os.SameFile(fi, there) && src.real == dst.real:
		return codec.Errorf(codec.BadRequest, "source and target are the same file")
	case err == nil && os.SameFile(fi, there) && strings.EqualFold(src.real, dst.real): // only the case of its name changes
	case err == nil && (!r.args.Has("f") || there.IsDir() || fi.IsDir()):
		return codec.Explain(dst.said, codec.Errorf(codec.Exists, ""))
	}
	if fi.IsDir() && within(dst.real, src.real) {
		return codec.Errorf(codec.BadRequest, "a folder cannot go into itself")
	}
	if there != nil && os.SameFile(fi, there) && !strings.EqualFold(src.real, dst.real) {
		return src.dir.Remove(src.name) // two links to one file: a rename would leave both
	}
	err = r.rename(src, dst, there == nil && fi.Mode().IsRegular() && !r.args.Has("f"))
	if err == nil || !crossesDevices(err) {
		return err
	}
	if !fi.Mode().IsRegular() {
		return codec.Errorf(codec.Unsupported, "the target is on another file system, only files are moved there")
	}
	f, fi, err := r.regular(src.abs)
	if err != nil {
		return err
	}
	defer f.Close()
	dir, err := dst.dir.OpenRoot(".")
	if err != nil {
		return err
	}
	if err := transfer.Copy(ctx, transfer.Target{Dir: dir, Name: dst.name, Key: dst.abs, Force: r.args.Has("f")}, f, fi); err != nil {
		return codec.Explain(dst.said, err)
	}
	return src.dir.Remove(src.name)
}

// within says whether path is folder or below it.
func within(path, folder string) bool {
	rel, err := filepath.Rel(folder, path)
	return err == nil && rel != ".." && (len(rel) < 3 || rel[:3] != ".."+string(filepath.Separator))
}

// rename moves between two folders. os.Root renames only within itself, so
// it goes by paths, which have no links left in them. With fresh a file that
// has appeared at the target meanwhile is not replaced.
func (s *session) rename(src, dst spot, fresh bool) error {
	if fresh {
		err := s.disk.link(src.real, dst.real)
		if err == nil {
			return src.dir.Remove(src.name)
		}
		if errors.Is(err, fs.ErrExist) {
			return codec.Explain(dst.said, codec.Errorf(codec.Exists, ""))
		}
	}
	return s.disk.rename(src.real, dst.real)
}
