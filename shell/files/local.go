package files

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/shell/command"
	"techsh/shell/console"
)

func localRows() []command.Row {
	return []command.Row{
		{
			Names:    []string{"lcd"},
			Synopsis: "[PATH]",
			Line:     "changes the local folder; PATH defaults to home, - is the previous one",
			MaxWords: 1,
			Kinds:    []command.Kind{command.LocalFolder},
			Run:      changeLocalFolder,
			Examples: []string{"lcd ~/Downloads"},
		},
		{
			Names:    []string{"lpwd"},
			Line:     "prints the local folder",
			Run:      printLocalFolder,
			Examples: []string{"lpwd"},
		},
		{
			Names:    []string{"ldir", "lls"},
			Synopsis: "[-a] [-l] [PATH|PATTERN…]",
			Line:     "lists a local folder",
			MaxWords: -1,
			Kinds:    []command.Kind{command.LocalFile},
			Run:      localDir,
			Options: []codec.Option{
				{Short: 'a', Line: "include hidden files"},
				{Short: 'l', Line: "add modes, seconds and the targets of links"},
			},
			Examples: []string{"ldir *.pdf"},
		},
	}
}

func changeLocalFolder(ctx context.Context, env *command.Env, in command.Invocation) error {
	w := codec.Bare("~")
	if len(in.Words) == 1 {
		w = in.Words[0]
	}
	if command.IsStandardStream(w) {
		if env.Local.Previous == "" {
			return errNoPrevious
		}
		w = codec.Lit(env.Local.Previous)
	}
	path, err := env.Local.One(ctx, w)
	if err != nil {
		return err
	}
	path = env.Local.Path(path)
	fi, err := os.Stat(path)
	if err == nil && !fi.IsDir() {
		err = codec.Errorf(codec.NotDirectory, "")
	}
	if err != nil {
		return console.About(w.Text, err)
	}
	env.Local.Previous, env.Local.Dir = env.Local.Dir, path
	return nil
}

func printLocalFolder(_ context.Context, env *command.Env, _ command.Invocation) error {
	fmt.Fprintln(env.Console, env.Console.Printable(env.Local.Dir))
	return nil
}

// localDir lists the named files first, and then each named folder.
func localDir(ctx context.Context, env *command.Env, in command.Invocation) error {
	l := &listing{env: env, long: in.Has("l"), headings: len(in.Words) > 1, entries: sorter{order: byName}}
	words := in.Words
	if len(words) == 0 {
		words = []codec.Word{codec.Lit(env.Local.Dir)}
	}
	var folders []string
	for _, w := range words {
		found, err := env.Local.Expand(ctx, w, &codec.Budget{})
		if err != nil {
			return err
		}
		for path := range found.All() {
			fi, err := os.Lstat(env.Local.Path(path))
			if err != nil {
				return console.About(path, err)
			}
			if target, err := os.Stat(env.Local.Path(path)); err == nil && target.IsDir() && path == w.Text {
				folders = append(folders, path)
				continue
			}
			l.add(localEntry(path, env.Local.Path(path), fi))
		}
	}
	l.printSorted()
	for _, folder := range folders {
		if err := l.printLocal(folder, in.Has("a")); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// printLocal lists a local folder. It leaves out the partial files of incomplete
// transfers. It also leaves out hidden files, unless hidden is set.
func (l *listing) printLocal(folder string, hidden bool) error {
	path := l.env.Local.Path(folder)
	entries, err := os.ReadDir(path)
	if err != nil {
		return console.About(folder, err)
	}
	l.printHeading(folder)
	for _, d := range entries {
		name := d.Name()
		fi, err := d.Info()
		part := d.Type().IsRegular() && landing.IsPart(name)
		if err != nil || part || !hidden && landing.Hidden(name, d.Info) { // an error means that the file was removed
			continue
		}
		l.add(localEntry(name, filepath.Join(path, name), fi))
	}
	l.printSorted()
	return nil
}

func localEntry(name, path string, fi os.FileInfo) codec.Entry {
	return landing.EntryWithTarget(name, fi, os.Readlink, path)
}
