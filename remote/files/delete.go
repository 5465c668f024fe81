package files

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"techsh/codec"
	"techsh/remote/disk"
	"techsh/remote/verb"
)

// isRootOrHome reports whether fi, at p, is a root or the home folder, by whatever path.
// DEL does not delete these without --really.
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
	words := r.Args.Words
	if r.Args.Has("f") { // a pattern without a match is no error either
		words = slices.DeleteFunc(slices.Clone(words), func(w codec.Word) bool {
			_, err := r.View.Expand(ctx, w)
			return forgive(r, err) == nil && err != nil
		})
	}
	return nil, r.Each(ctx, words, func(path string) error {
		p, err := r.View.Place(path)
		if err != nil {
			return forgive(r, err)
		}
		defer p.Close()
		fi, err := p.Dir.Lstat(p.Name)
		if err != nil {
			return forgive(r, err)
		}
		if isRootOrHome(p, fi) && !r.Args.Has("really") {
			return &codec.Error{
				Code: codec.NotAllowed, Text: "that is a root or the home folder", Hint: "--really deletes even that",
			}
		}
		if fi.IsDir() && !r.Args.Has("r") {
			return &codec.Error{Code: codec.IsDirectory, Hint: "-r deletes a folder with everything in it"}
		}
		return remove(ctx, r, p.Dir, p.Name, path, fi.IsDir())
	})
}

// forgive returns err, or nil if err says that a file does not exist and -f was given.
func forgive(r *verb.Request, err error) error {
	if r.Args.Has("f") && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// remove deletes name in dir with its contents, and follows no links. It reports an error
// inside as a note and continues; the folders around the file then stay.
func remove(ctx context.Context, r *verb.Request, dir *os.Root, name, path string, isDir bool) error {
	if err := r.View.FS.CheckTake(dir, name); err != nil {
		return err
	}
	for {
		emptied := false
		if isDir {
			var err error
			if emptied, err = empty(ctx, r, dir, name, path); err != nil {
				return err
			}
		}
		err := dir.Remove(name)
		if err == nil || codec.Explain("", err).Code != codec.NotEmpty {
			return err
		}
		if !emptied {
			return codec.Errorf(codec.NotEmpty, "")
		}
		// Some file systems skip names while others are deleted.
	}
}

// empty deletes the contents of a folder. It reports whether there were any and all were
// deleted.
func empty(ctx context.Context, r *verb.Request, dir *os.Root, name, path string) (emptied bool, err error) {
	gone, left := 0, 0
	err = r.View.Inside(dir, name, func(root *os.Root, f *os.File) error {
		return disk.Scan(root, f, func(e disk.Entry) error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			under := filepath.Join(path, e.Name)
			err := remove(ctx, r, root, e.Name, under, e.Kind == codec.Folder)
			if err == nil || errors.Is(err, fs.ErrNotExist) {
				gone++
				return nil
			}
			left++
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if errors.Is(err, &codec.Error{Code: codec.NotEmpty}) {
				return nil // already noted where it happened
			}
			return r.Note(under, err)
		})
	})
	return gone > 0 && left == 0, err
}
