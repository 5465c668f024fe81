package files

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"

	"techsh/codec"
	"techsh/codec/fileid"
	"techsh/remote/disk"
	"techsh/remote/verb"
)

// isRootOrHome reports whether the file at p is a root or the home folder, whatever path
// was typed for it. fi is its FileInfo. DEL does not delete these without --really.
func isRootOrHome(p disk.Spot, fi fs.FileInfo) bool {
	home, err := os.UserHomeDir()
	if err != nil || p.Name == "." {
		return p.Name == "."
	}
	for _, stat := range []func(string) (fs.FileInfo, error){os.Lstat, os.Stat} {
		if h, err := stat(home); err == nil && os.SameFile(fi, h) {
			return true
		}
	}
	return false
}

func del(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
	if err := r.Need(1, -1); err != nil {
		return nil, err
	}
	d, err := newRemoval(ctx, r)
	if err != nil {
		return nil, err
	}
	words := r.Args.Words
	if r.Args.Has("f") { // a pattern without a match is no error either
		words = slices.DeleteFunc(slices.Clone(words), func(w codec.Word) bool {
			_, err := r.View.Expand(ctx, w)
			return forgive(r, err) == nil && err != nil
		})
	}
	return nil, r.Each(ctx, words, func(path string) error {
		p, fi, err := r.View.Take(path)
		if err != nil {
			return forgive(r, err)
		}
		defer p.Close()
		if isRootOrHome(p, fi) && !r.Args.Has("really") {
			return &codec.Error{
				Code: codec.NotAllowed, Text: "that is a root or the home folder", Hint: "--really deletes even that",
			}
		}
		if fi.IsDir() && !r.Args.Has("r") {
			return &codec.Error{Code: codec.IsDirectory, Hint: "-r deletes a folder with everything in it"}
		}
		if err := r.Agreed.CheckFile(p.Real, fi); err != nil {
			return err
		}
		return d.remove(p.Dir, p.Name, path, fi.IsDir())
	})
}

// newRemoval returns the removal for a DEL. With --state it first reads the list of
// states, and the removal deletes only files that are in one of them.
func newRemoval(ctx context.Context, r *verb.Request) (*removal, error) {
	d := &removal{r: r, ctx: ctx}
	if !r.Args.Has("state") {
		r.Call.NoStream()
		return d, nil
	}
	d.only = &fileid.Set{}
	return d, r.ReadList(ctx, func(word string) error {
		state, err := fileid.Parse(word)
		if err != nil {
			return err
		}
		return d.only.Add(state)
	})
}

// forgive returns err, or nil if err says that a file does not exist and -f was given.
func forgive(r *verb.Request, err error) error {
	if r.Args.Has("f") && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
