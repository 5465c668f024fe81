package transfers

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/transfer"
	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/transfers/compare"
)

// A source is a local file or tree that an upload sends.
type source struct {
	path  string // as typed
	name  string // the remote name, if the target is a folder
	entry codec.Entry
	stdin bool
	have  landing.Prefix    // the stored beginning of the file, if its transfer was interrupted
	skip  *transfer.NameSet // entries of a tree that are not sent; may be nil
}

// findSources sets u.sources to the files and trees that words refer to.
func (u *upload) findSources(ctx context.Context, words []codec.Word, target codec.Word) error {
	if len(words) == 1 && command.IsStandardStream(words[0]) {
		src, err := u.stdinSource(target)
		u.sources = []source{src}
		return err
	}
	var paths []string
	for _, w := range words {
		list, err := u.run.Env.Local.Expand(ctx, w)
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
			u.run.Fail(err)
			continue
		}
		if err := names.add(u.run.Env.Conn.FoldName(src.name), src.path); err != nil {
			return err
		}
		u.sources = append(u.sources, src)
	}
	return nil
}

// stdinSource returns a source that reads standard input.
func (u *upload) stdinSource(target codec.Word) (source, error) {
	switch {
	case target.Text == "":
		return source{}, console.WithHint(errors.New("-: standard input needs a remote name"), "put - notes.txt")
	case u.run.Env.Console.Script:
		return source{}, errors.New("-: standard input is the script")
	}
	e := codec.Entry{Kind: codec.Regular, Mode: codec.Unknown, Size: codec.Unknown, Name: "stdin"}
	return source{path: "-", name: e.Name, entry: e, stdin: true}, nil
}

// newSource returns the source at a local path. It follows a symbolic link.
func (u *upload) newSource(path string) (source, error) {
	abs := u.run.Env.Local.Path(path)
	fi, err := os.Stat(abs) // os.Open would block on a named pipe
	switch {
	case err != nil:
		return source{}, console.About(path, err)
	case fi.IsDir() && !u.run.Options.Recursive:
		err := console.About(path, errors.New("is a folder"))
		return source{}, console.WithHint(err, "-r sends it with everything in it")
	case !fi.IsDir() && !fi.Mode().IsRegular():
		return source{}, console.About(path, codec.Errorf(codec.NotRegular, ""))
	}
	name := filepath.Base(abs)
	if last := filepath.Base(path); last == "." || last == ".." || filepath.Dir(abs) == abs {
		name = "." // the path does not end in a name
	}
	return source{path: path, name: name, entry: landing.EntryOf(name, fi)}, nil
}

// totals returns how many files and bytes are sent. If they are not counted, for example
// because no terminal shows the total, files is codec.Unknown.
func (u *upload) totals(ctx context.Context) (files, bytes int64) {
	if !u.run.Env.Console.Err.Terminal || u.run.Options.Follow {
		return codec.Unknown, 0
	}
	u.run.Progress.SetActivity("counting the local files")
	var total tally
	for _, src := range u.sources {
		if src.entry.Kind == codec.Regular {
			total.add(src.entry.Size)
			continue
		}
		dir, err := os.OpenRoot(u.run.Env.Local.Path(src.path))
		if err != nil {
			continue
		}
		count := func(name string, e codec.Entry, _ fs.FileInfo) bool {
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
