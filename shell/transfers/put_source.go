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

// A source is a local file or tree that an upload sends. There may be very many, if a
// pattern was typed.
type source struct {
	path *landing.Path // as typed
	kind codec.Kind
	plan *sourcePlan // nil means the same as an empty sourcePlan
}

// sourceSize is the number of bytes that a source takes, besides its path.
const sourceSize = 16

// A sourcePlan says how a source is sent.
type sourcePlan struct {
	stdin bool
	name  string                 // the remote name, if that is not the name of the file
	have  landing.Prefix         // the stored beginning of the file, if its transfer was interrupted
	wants func(name string) bool // reports which entries of a tree are sent; nil means all
}

// how returns the plan of s, which the caller may change. If s has no plan, how creates
// one.
func (s *source) how() *sourcePlan {
	if s.plan == nil {
		s.plan = &sourcePlan{}
	}
	return s.plan
}

func (s *source) stdin() bool { return s.plan != nil && s.plan.stdin }

// wants reports whether an entry of the tree s is sent. The parameter name is the name of
// the entry.
func (s *source) wants(name string) bool {
	return s.plan == nil || s.plan.wants == nil || s.plan.wants(name)
}

// name returns the remote name of src, if the target is a folder. It is "." if the path
// does not end in a name.
func (u *upload) name(src source) string {
	if src.plan != nil && src.plan.name != "" {
		return src.plan.name
	}
	path := src.path.String()
	abs := u.run.Env.Local.Path(path)
	if last := filepath.Base(path); last == "." || last == ".." || filepath.Dir(abs) == abs {
		return "."
	}
	return filepath.Base(abs)
}

// entry returns the entry of src as it is now.
func (u *upload) entry(src source) (codec.Entry, error) {
	fi, err := os.Stat(u.run.Env.Local.Path(src.path.String()))
	if err != nil {
		return codec.Entry{}, console.About(src.path.String(), err)
	}
	return landing.EntryOf(u.name(src), fi), nil
}

// findSources sets u.sources to the files and trees that words refer to.
func (u *upload) findSources(ctx context.Context, words []codec.Word, target codec.Word) error {
	if len(words) == 1 && command.IsStandardStream(words[0]) {
		u.sources = []source{{&landing.Path{Name: "-"}, codec.Regular, &sourcePlan{stdin: true, name: "stdin"}}}
		return u.checkStdin(target)
	}
	for _, w := range words {
		found, err := u.run.Env.Local.Expand(ctx, w, &u.run.Budget)
		if err != nil {
			return err
		}
		for _, path := range found.Paths() {
			u.sources = append(u.sources, source{path: path})
		}
	}
	u.several = len(u.sources) > 1
	sources := u.sources[:0]
	for _, src := range u.sources {
		var err error
		if src.kind, err = u.kind(src.path.String()); err != nil && !u.several {
			return err
		}
		if err != nil {
			u.run.Fail(err)
			continue
		}
		sources = append(sources, src)
	}
	u.sources = sources
	if err := u.run.Budget.Take(len(sources) * sourceSize); err != nil {
		return err
	}
	return u.refuseDuplicates()
}

// refuseDuplicates returns an error if two sources have the same remote name.
func (u *upload) refuseDuplicates() error {
	names := transfer.NewNameSet()
	for _, src := range u.sources {
		name := u.name(src)
		if !names.Has(name) {
			names.Add(name)
			continue
		}
		for _, other := range u.sources {
			if u.name(other) == name {
				return errSameName(src.path.String(), other.path.String())
			}
		}
	}
	return nil
}

// checkStdin returns an error if standard input cannot be sent.
func (u *upload) checkStdin(target codec.Word) error {
	switch {
	case target.Text == "":
		return console.WithHint(errors.New("-: standard input needs a remote name"), "put - notes.txt")
	case u.run.Env.Console.Script:
		return errors.New("-: standard input is the script")
	}
	return nil
}

// kind returns the kind of the source at a local path. It follows a symbolic link.
func (u *upload) kind(path string) (codec.Kind, error) {
	fi, err := os.Stat(u.run.Env.Local.Path(path)) // os.Open would block on a named pipe
	switch {
	case err != nil:
		return 0, console.About(path, err)
	case fi.IsDir() && !u.run.Options.Recursive:
		err := console.About(path, errors.New("is a folder"))
		return 0, console.WithHint(err, "-r sends it with everything in it")
	case !fi.IsDir() && !fi.Mode().IsRegular():
		return 0, console.About(path, codec.Errorf(codec.NotRegular, ""))
	}
	return landing.KindOf(fi.Mode()), nil
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
		if src.kind == codec.Regular {
			if e, err := u.entry(src); err == nil {
				total.add(e.Size)
			}
			continue
		}
		dir, err := os.OpenRoot(u.run.Env.Local.Path(src.path.String()))
		if err != nil {
			continue
		}
		count := func(name string, e codec.Entry, _ fs.FileInfo) error {
			if e.Kind == codec.Regular && src.wants(name) {
				total.add(e.Size)
			}
			return nil
		}
		walk := compare.LocalWalk{Failed: func(string, error) {}, Each: count}
		_ = walk.Walk(ctx, dir)
		dir.Close()
	}
	return total.files, total.bytes
}
