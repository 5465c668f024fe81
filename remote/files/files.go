package files

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/remote/disk"
	"techsh/remote/verb"
)

func cd(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	if err := r.Need(0, 1); err != nil {
		return nil, err
	}
	w := codec.Bare("~")
	if len(r.Args.Words) == 1 {
		w = r.Args.Words[0]
	}
	path, err := r.View.One(ctx, w)
	if err != nil {
		return nil, err
	}
	// Check now, and not in a later call, that the folder can be read.
	if err := r.View.Reading(path, func(*os.Root, *os.File) error { return nil }); err != nil {
		return nil, codec.Explain(path, err)
	}
	r.View.Cwd, err = r.View.Abs(path)
	return codec.Pairs{{Key: "cwd", Value: r.View.Cwd}}, err
}

func pwd(_ context.Context, r *verb.Request) (codec.Pairs, error) {
	return codec.Pairs{{Key: "cwd", Value: r.View.Cwd}}, r.Need(0, 0)
}

func cat(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	if err := r.Need(1, -1); err != nil {
		return nil, err
	}
	frame := make([]byte, codec.HeaderSize+64<<10)
	return nil, r.Each(ctx, r.Args.Words, func(path string) error {
		f, _, err := r.View.Regular(path)
		if err != nil {
			return err
		}
		defer f.Close()
		defer disk.Interruptible(ctx, f)()
		for ctx.Err() == nil {
			n, err := f.Read(frame[codec.HeaderSize:])
			if n > 0 {
				if err := r.Call.WriteReserved(codec.DATA, frame[:codec.HeaderSize+n]); err != nil {
					return err
				}
			}
			if err == io.EOF {
				return nil
			}
			if err != nil {
				return err
			}
		}
		return context.Cause(ctx)
	})
}

func mkdir(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	if err := r.Need(1, -1); err != nil {
		return nil, err
	}
	return nil, r.Each(ctx, verb.Literal(r.Args.Words), func(path string) error {
		if r.Args.Has("p") {
			abs, err := r.View.Abs(path)
			if err != nil {
				return err
			}
			return makeAll(r.View, abs)
		}
		p, err := r.View.PlaceNew(path)
		if errors.Is(err, fs.ErrNotExist) {
			return &codec.Error{Code: codec.NotFound, Hint: "-p makes the folders above it too"}
		}
		if err != nil {
			return err
		}
		defer p.Close()
		return p.Dir.Mkdir(p.Name, 0o777)
	})
}

// makeAll makes a folder and its missing parents.
func makeAll(v *disk.View, abs string) error {
	dir, _, err := v.Folder(abs)
	if err == nil {
		return dir.Close()
	}
	if abs == filepath.Dir(abs) {
		return err
	}
	if err := landing.CheckNewName(filepath.Base(abs)); err != nil {
		return err // the reason: Windows finds devices in every folder, which are no folders
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := makeAll(v, filepath.Dir(abs)); err != nil {
		return err
	}
	p, err := v.PlaceNew(abs)
	if err != nil {
		return err
	}
	defer p.Close()
	err = p.Dir.Mkdir(p.Name, 0o777)
	if errors.Is(err, fs.ErrExist) && v.IsFolder(abs) { // another program has just made it
		return nil
	}
	return err
}
