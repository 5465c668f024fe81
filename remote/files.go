package remote

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"techsh/codec"
	"techsh/codec/trust"
)

func fileRows() []row {
	return []row{
		{verb: "CD", right: trust.Dir, synopsis: "[PATH]", line: "goes to a folder, without PATH home: OK cwd=…", run: cd},
		{verb: "PWD", synopsis: "", line: "where we are: OK cwd=…", run: pwd},
		{verb: "CAT", right: trust.Get, long: []string{"type"}, synopsis: "PATH…", line: "the bytes of files as DATA", run: cat},
		{
			verb: "MKD", right: trust.Put, long: []string{"mkdir", "md"}, synopsis: "[-p] PATH…", line: "makes folders", run: mkdir,
			options: []codec.Option{{Short: 'p', Line: "those above it too; being there is fine"}},
		},
		{
			verb: "DEL", right: trust.Del, asks: true, long: []string{"rm", "delete"}, synopsis: "[-r] [-f] [--really] PATH…", line: "deletes; a folder only with -r", run: del,
			options: []codec.Option{{Short: 'r', Line: "folders with all in them"}, {Short: 'f', Line: "what is not there is fine"}, {Long: "really", Line: "also a root or the home folder"}},
		},
		{
			verb: "COPY", right: trust.Put, long: []string{"cp"}, synopsis: "[-f] [-r] FROM… TO", line: "copies files here", run: copyFiles,
			options: []codec.Option{{Short: 'f', Line: "replaces what is there"}, {Short: 'r', Line: "folders too, with all in them"}},
		},
		{
			verb: "MOVE", right: trust.Put, long: []string{"mv", "ren", "rename"}, synopsis: "[-f] FROM… TO", line: "moves and renames here", run: move,
			options: []codec.Option{{Short: 'f', Line: "replaces a file that is there"}},
		},
	}
}

func cd(ctx context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(0, 1); err != nil {
		return nil, err
	}
	w := codec.Bare("~")
	if len(r.args.Words) == 1 {
		w = r.args.Words[0]
	}
	path, err := r.one(ctx, w)
	if err != nil {
		return nil, err
	}
	// that we may read it is found out now
	if err := r.reading(path, func(*os.Root, *os.File) error { return nil }); err != nil {
		return nil, codec.Explain(path, err)
	}
	r.cwd, err = r.abs(path)
	return codec.Pairs{{Key: "cwd", Value: r.cwd}}, err
}

func pwd(_ context.Context, r *request) (codec.Pairs, error) {
	return codec.Pairs{{Key: "cwd", Value: r.cwd}}, r.need(0, 0)
}

func cat(ctx context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(1, -1); err != nil {
		return nil, err
	}
	frame := make([]byte, codec.HeaderSize+64<<10)
	return nil, r.each(ctx, r.args.Words, func(path string) error {
		f, _, err := r.regular(path)
		if err != nil {
			return err
		}
		defer f.Close()
		defer interruptible(ctx, f)()
		for ctx.Err() == nil {
			n, err := f.Read(frame[codec.HeaderSize:])
			if n > 0 {
				if err := r.WriteReserved(codec.DATA, frame[:codec.HeaderSize+n]); err != nil {
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

func mkdir(ctx context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(1, -1); err != nil {
		return nil, err
	}
	return nil, r.each(ctx, literal(r.args.Words), func(path string) error {
		if r.args.Has("p") {
			abs, err := r.abs(path)
			if err != nil {
				return err
			}
			return r.makeAll(abs)
		}
		p, err := r.place(path)
		if errors.Is(err, fs.ErrNotExist) {
			return &codec.Error{Code: codec.NotFound, Hint: "-p makes the folders above it too"}
		}
		if err != nil {
			return err
		}
		defer p.close()
		return p.dir.Mkdir(p.name, 0o777)
	})
}

// makeAll makes a folder and those above it, where they are not there.
func (r *request) makeAll(abs string) error {
	dir, _, err := r.folder(abs)
	if err == nil {
		return dir.Close()
	}
	if !errors.Is(err, fs.ErrNotExist) || abs == filepath.Dir(abs) {
		return err
	}
	if err := r.makeAll(filepath.Dir(abs)); err != nil {
		return err
	}
	p, err := r.place(abs)
	if err != nil {
		return err
	}
	defer p.close()
	err = p.dir.Mkdir(p.name, 0o777)
	if errors.Is(err, fs.ErrExist) && r.isFolder(abs) { // somebody else was faster
		return nil
	}
	return err
}

// literal takes words that name what is not there yet: no pattern, but home.
func literal(words []codec.Word) []codec.Word {
	out := make([]codec.Word, len(words))
	for i, w := range words {
		w.Quoted = w.Quoted || codec.HasPattern(w.Text)
		out[i] = w
	}
	return out
}

// anchored says whether fi, at p, is a root or the home folder, however it is
// spelt, which DEL does not take by accident.
func anchored(p spot, fi fs.FileInfo) bool {
	home, err := os.UserHomeDir()
	if err != nil || p.name == "." {
		return p.name == "."
	}
	for _, stat := range []func(string) (fs.FileInfo, error){os.Lstat, os.Stat} {
		if h, err := stat(home); err == nil && os.SameFile(fi, h) {
			return true
		}
	}
	return false
}

func del(ctx context.Context, r *request) (codec.Pairs, error) {
	if err := r.need(1, -1); err != nil {
		return nil, err
	}
	words := r.args.Words
	if r.args.Has("f") { // a pattern that matches nothing is fine as well
		words = slices.DeleteFunc(slices.Clone(words), func(w codec.Word) bool {
			_, err := r.expand(ctx, w)
			return forgive(r, err) == nil && err != nil
		})
	}
	return nil, r.each(ctx, words, func(path string) error {
		p, err := r.place(path)
		if err != nil {
			return forgive(r, err)
		}
		defer p.close()
		fi, err := p.dir.Lstat(p.name)
		if err != nil {
			return forgive(r, err)
		}
		if anchored(p, fi) && !r.args.Has("really") {
			return &codec.Error{Code: codec.NotAllowed, Text: "that is a root or the home folder", Hint: "--really deletes even that"}
		}
		if fi.IsDir() && !r.args.Has("r") {
			return &codec.Error{Code: codec.IsDirectory, Hint: "-r deletes a folder with all in it"}
		}
		return r.remove(ctx, p.dir, p.name, path, fi.IsDir())
	})
}

// forgive takes a missing file for deleted where that was asked for.
func forgive(r *request, err error) error {
	if r.args.Has("f") && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// remove deletes name in dir and all that is in it, without following links.
// A failure inside is a note, and the rest goes on; the folders above it
// then stay.
func (r *request) remove(ctx context.Context, dir *os.Root, name, path string, isDir bool) error {
	if err := r.disk.take(dir, name); err != nil {
		return err
	}
	for {
		emptied := false
		if isDir {
			var err error
			if emptied, err = r.empty(ctx, dir, name, path); err != nil {
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
		// some file systems pass over names while others are deleted
	}
}

// empty deletes what is in a folder. It says whether there was something, and
// all of it is gone.
func (r *request) empty(ctx context.Context, dir *os.Root, name, path string) (emptied bool, err error) {
	gone, left := 0, 0
	err = r.inside(dir, name, func(root *os.Root, f *os.File) error {
		return scan(root, f, func(e codec.Entry) error {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			under := filepath.Join(path, e.Name)
			err := r.remove(ctx, root, e.Name, under, e.Kind == codec.Folder)
			if err == nil || errors.Is(err, fs.ErrNotExist) {
				gone++
				return nil
			}
			left++
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if errors.Is(err, &codec.Error{Code: codec.NotEmpty}) {
				return nil // what is left in it has been noted
			}
			return r.note(under, err)
		})
	})
	return gone > 0 && left == 0, err
}
