package transfers

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"techsh/codec"
	"techsh/codec/transfer"
	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/transfers/compare"
)

// A source is one of the local files and trees that an upload sends.
type source struct {
	path  string // as it was typed
	name  string // on the remote, if the target is a folder
	entry codec.Entry
	stdin bool
	have  transfer.Prefix  // of a file, from an interrupted transfer
	skip  *compare.NameSet // of a tree: what is not sent; may be nil
}

// findSources finds the sources that words mean.
func (u *upload) findSources(ctx context.Context, words []codec.Word, target codec.Word) error {
	if len(words) == 1 && command.IsStandardStream(words[0]) {
		src, err := u.stdinSource(target)
		u.sources = []source{src}
		return err
	}
	var paths []string
	for _, w := range words {
		list, err := u.run.env.Local.Expand(ctx, w)
		if err != nil {
			return err
		}
		paths = append(paths, list...)
	}
	u.several = len(paths) > 1
	names := duplicateNames{}
	for _, path := range paths {
		src, err := u.newSource(path)
		if err != nil && !u.several {
			return err
		}
		if err != nil {
			u.run.fail(err)
			continue
		}
		if err := names.add(u.run.env.Conn.FoldName(src.name), src.path); err != nil {
			return err
		}
		u.sources = append(u.sources, src)
	}
	return nil
}

// stdinSource returns standard input as a source.
func (u *upload) stdinSource(target codec.Word) (source, error) {
	switch {
	case target.Text == "":
		return source{}, console.WithHint(errors.New("-: standard input needs a remote name"), "put - notes.txt")
	case u.run.env.Console.Script:
		return source{}, errors.New("-: standard input is the script")
	}
	e := codec.Entry{Kind: codec.Regular, Mode: codec.Unknown, Size: codec.Unknown, Name: "stdin"}
	return source{path: "-", name: e.Name, entry: e, stdin: true}, nil
}

// newSource returns the source at a local path. A symbolic link is followed.
func (u *upload) newSource(path string) (source, error) {
	abs := u.run.env.Local.Path(path)
	fi, err := os.Stat(abs) // opening it would wait if it is a pipe
	switch {
	case err != nil:
		return source{}, console.About(path, err)
	case fi.IsDir() && !u.run.opts.recursive:
		err := console.About(path, errors.New("is a folder"))
		return source{}, console.WithHint(err, "-r sends it with all in it")
	case !fi.IsDir() && !fi.Mode().IsRegular():
		return source{}, console.About(path, codec.Errorf(codec.NotRegular, ""))
	}
	name := filepath.Base(abs)
	if last := filepath.Base(path); last == "." || last == ".." || filepath.Dir(abs) == abs {
		name = "." // it has no name of its own
	}
	return source{path: path, name: name, entry: transfer.EntryOf(name, fi)}, nil
}

// totals returns how many files and bytes there are to send, if a terminal shows
// it, or codec.Unknown.
func (u *upload) totals(ctx context.Context) (files, bytes int64) {
	if !u.run.env.Console.Err.Terminal || u.run.opts.follow {
		return codec.Unknown, 0
	}
	u.run.progress.SetActivity("counting the local files")
	var total tally
	for _, src := range u.sources {
		if src.entry.Kind == codec.Regular {
			total.add(src.entry.Size)
			continue
		}
		dir, err := os.OpenRoot(u.run.env.Local.Path(src.path))
		if err != nil {
			continue
		}
		count := func(name string, e codec.Entry) bool {
			if e.Kind == codec.Regular && (src.skip == nil || !src.skip.Has(name)) {
				total.add(e.Size)
			}
			return true
		}
		_ = compare.LocalWalk{Failed: func(string, error) {}, Each: count}.Walk(ctx, dir)
		dir.Close()
	}
	return total.files, total.bytes
}
