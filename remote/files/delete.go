package files

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"

	"techsh/codec"
	"techsh/codec/fileid"
	"techsh/codec/removal"
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
	r.View.AnyDepth = r.Args.Has("state") // with --state, the paths come from a program that has listed them
	d := newRemoval(r)
	var err error
	if d.Only, err = readStates(ctx, r); err != nil {
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
		return d.Remove(ctx, p.Dir, p.Name, path)
	})
}

// newRemoval returns a removal that notes what could not be deleted.
func newRemoval(r *verb.Request) *removal.Tree {
	return &removal.Tree{Check: r.View.FS.CheckTake, Enter: r.View.Enter, Failed: r.Note}
}

// readStates reads the list of states that a DEL with --state streams. It returns nil
// without --state.
func readStates(ctx context.Context, r *verb.Request) (*fileid.Set, error) {
	if !r.Args.Has("state") {
		r.Call.NoStream()
		return nil, nil
	}
	states := &fileid.Set{}
	var budget codec.Budget
	return states, r.ReadList(ctx, func(word string) error {
		state, err := fileid.Parse(word)
		if err != nil {
			return err
		}
		return states.Add(state, &budget)
	})
}

// forgive returns err, or nil if err says that a file does not exist and -f was given.
func forgive(r *verb.Request, err error) error {
	if r.Args.Has("f") && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
