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
	err := r.Every(ctx, r.Args.Words, &l.Tally, func(path string) error {
		var u usage
		w := newWalk(ctx, r, &l.Tally, func(_ *os.Root, _ string, e codec.Entry) error {
			u.add(e)
			return nil
		})
		if err := w.At(path, math.MaxInt); err != nil {
			return err
		}
		all = usage{all.files + u.files, all.folders + u.folders, all.bytes + u.bytes}
		line := fmt.Sprintf("%d %d %d %s", u.bytes, u.files, u.folders, codec.Quote(codec.Lit(path)))
		return errors.Join(l.Line(line), l.Pass())
	})
	if err = errors.Join(err, l.Flush()); err != nil {
		return nil, err
	}
	return all.pairs(), l.Partial(all.pairs()...)
}

// A usage counts the contents of a folder.
type usage struct{ files, folders, bytes int64 }

func (u *usage) add(e codec.Entry) {
	if e.Kind == codec.Folder {
		u.folders++
		return
	}
	u.files++
	u.bytes += max(e.Size, int64(len(e.Target)))
}

func (u usage) pairs() codec.Pairs {
	return codec.Pairs{
		codec.PairOf("files", u.files), codec.PairOf("folders", u.folders), codec.PairOf("bytes", u.bytes),
	}
}

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
		all, err := volumes(ctx)
		for _, v := range all {
			err = errors.Join(err, add(v))
		}
		return nil, errors.Join(err, l.Flush())
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
