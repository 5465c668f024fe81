package files

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"

	"techsh/codec"
	"techsh/remote/disk"
	"techsh/remote/verb"
)

func du(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	if err := r.Need(1, -1); err != nil {
		return nil, err
	}
	l := verb.NewLines(ctx, r)
	var all usage
	var links hardLinks // shared by all paths, so that the lines add up to the total
	err := r.Every(ctx, r.Args.Words, &l.Tally, func(path string) error {
		resolved := ""
		if r.Args.Has("path") {
			p, _, err := r.View.Take(path)
			if err != nil {
				return err
			}
			p.Close()
			resolved = " " + codec.Quote(codec.Lit("path="+p.Real))
		}
		var u usage
		w := newWalk(ctx, r, &l.Tally, func(in *os.Root, e disk.Entry) error {
			return u.count(r, &links, in, e)
		})
		if err := w.At(path, math.MaxInt); err != nil {
			return err
		}
		all.add(u)
		line := fmt.Sprintf(
			"%d %d %d %s allocated=%d%s",
			u.bytes, u.files, u.folders, codec.Quote(codec.Lit(path)), u.allocated, resolved,
		)
		return errors.Join(l.Line(line), l.Pass())
	})
	if err == nil && links.overflow {
		err = r.Count(ctx, &l.Tally, false, "", codec.Errorf(
			codec.TooBig, "of more than %d files with several names, some are counted once for each name", maxLinked,
		))
	}
	if err = errors.Join(err, l.Flush()); err != nil {
		return nil, err
	}
	return all.pairs(), l.Partial(all.pairs()...)
}

// A usage counts the contents of a folder.
type usage struct{ files, folders, bytes, allocated, linked int64 }

// count adds e, which is a file or folder. The parameter in is the open folder that
// contains e. If in is nil, e.Name is a path. If a file has several names, only the first
// name that is found adds bytes.
func (u *usage) count(r *verb.Request, links *hardLinks, in *os.Root, e disk.Entry) error {
	size := max(e.Size, int64(len(e.Target)))
	name := e.Name
	if in == nil { // at the beginning of the walk the name is a path
		s, err := r.View.Place(e.Name)
		if err != nil {
			return err
		}
		defer s.Close()
		in, name = s.Dir, s.Name
	}
	storage := e.Storage(in, name)
	if e.Kind == codec.Folder {
		u.folders++
		u.allocated += storage.Allocated
		return nil
	}
	u.files++
	if links.again(storage) {
		u.linked += size
		return nil
	}
	u.bytes += size
	u.allocated += storage.Allocated
	return nil
}

func (u *usage) add(other usage) {
	u.files += other.files
	u.folders += other.folders
	u.bytes += other.bytes
	u.allocated += other.allocated
	u.linked += other.linked
}

func (u *usage) pairs() codec.Pairs {
	return codec.Pairs{
		codec.PairOf("files", u.files), codec.PairOf("folders", u.folders), codec.PairOf("bytes", u.bytes),
		codec.PairOf("allocated", u.allocated), codec.PairOf("linked", u.linked),
	}
}

// maxLinked is the largest number of files that hardLinks remembers. The memory for so
// many files is about 20 MiB.
const maxLinked = 500_000

// hardLinks remembers which files with several names were already found.
type hardLinks struct {
	met      map[disk.FileID]bool
	overflow bool
}

// again reports whether the file was already found under another name.
func (h *hardLinks) again(s disk.Storage) bool {
	switch {
	case s.Names < 2:
		return false
	case h.met[s.ID]:
		return true
	case len(h.met) == maxLinked:
		h.overflow = true
		return false
	case h.met == nil:
		h.met = map[disk.FileID]bool{}
	}
	h.met[s.ID] = true
	return false
}

// used returns the pair used= of a Volume. bytes is the number of bytes that files take.
func used(bytes int64) codec.Pairs { return codec.Pairs{codec.PairOf("used", bytes)} }

func df(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	l := verb.NewLines(ctx, r)
	add := func(v codec.Volume) error {
		v.Mount = r.View.FS.Shown(v.Mount)
		return l.Line(v.String())
	}
	words := r.Args.Words
	if len(words) == 0 && r.View.FS.Jailed() {
		words = codec.Lits("/") // the other volumes are outside the jail
	}
	if len(words) == 0 {
		err := volumes(ctx, func(v codec.Volume, err error) error {
			if err == nil {
				err = add(v)
			}
			return errors.Join(r.Count(ctx, &l.Tally, false, v.Mount, err), l.Pass())
		})
		if err = errors.Join(err, l.Flush()); err != nil {
			return nil, err
		}
		return nil, l.Partial()
	}
	err := r.Each(ctx, words, func(path string) error {
		dir, real, err := r.View.Folder(path)
		if errors.Is(err, &codec.Error{Code: codec.NotDirectory}) && !disk.EndsInSeparator(path) {
			var p disk.Spot
			p, err = r.View.Follow(path)
			dir, real = p.Dir, p.Real
		}
		if err != nil {
			return err
		}
		defer dir.Close()
		v, err := volumeOf(dir, r.View.FS.Real(real))
		if err != nil {
			return err
		}
		return add(v)
	})
	return nil, errors.Join(err, l.Flush())
}
