package files

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"techsh/codec"
	"techsh/codec/transfer"
	"techsh/shell/command"
	"techsh/shell/console"
)

func localRows() []command.Row {
	return []command.Row{
		{
			Names: []string{"lcd"}, Synopsis: "[PATH]", Line: "goes to a folder here; without PATH home, - is back", MaxWords: 1, Kinds: []command.Kind{command.LocalFolder}, Run: localCd,
			Examples: []string{"lcd ~/Downloads"},
		},
		{Names: []string{"lpwd"}, Line: "says where we are here", Run: localPwd, Examples: []string{"lpwd"}},
		{
			Names: []string{"ldir", "lls"}, Synopsis: "[-a] [-l] [PATH|PATTERN…]", Line: "lists a folder here", MaxWords: -1, Kinds: []command.Kind{command.LocalFile}, Run: localDir,
			Options:  []codec.Option{{Short: 'a', Line: "hidden ones too"}, {Short: 'l', Line: "modes, whole seconds and targets of links too"}},
			Examples: []string{"ldir *.pdf"},
		},
	}
}

func localCd(ctx context.Context, env *command.Env, in command.Invocation) error {
	w := codec.Bare("~")
	if len(in.Words) == 1 {
		w = in.Words[0]
	}
	if command.IsStandardStream(w) {
		if env.Local.Previous == "" {
			return errNoBack
		}
		w = codec.Lit(env.Local.Previous)
	}
	paths, err := env.Local.Expand(ctx, w)
	if err != nil {
		return err
	}
	if len(paths) > 1 {
		return codec.Explain(w.Text, codec.Errorf(codec.BadRequest, "it matches several, one is wanted"))
	}
	path := env.Local.Path(paths[0])
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

func localPwd(_ context.Context, env *command.Env, _ command.Invocation) error {
	fmt.Fprintln(env.Console, env.Console.Printable(env.Local.Dir))
	return nil
}

func localDir(ctx context.Context, env *command.Env, in command.Invocation) error {
	l := &listing{env: env, long: in.Has("l"), headings: len(in.Words) > 1, sorter: sorter{order: byName}}
	words := in.Words
	if len(words) == 0 {
		words = []codec.Word{codec.Lit(env.Local.Dir)}
	}
	var folders []string
	for _, w := range words {
		paths, err := env.Local.Expand(ctx, w)
		if err != nil {
			return err
		}
		for _, path := range paths {
			fi, err := os.Lstat(env.Local.Path(path))
			if err != nil {
				return console.About(path, err)
			}
			if to, err := os.Stat(env.Local.Path(path)); err == nil && to.IsDir() && path == w.Text {
				folders = append(folders, path)
				continue
			}
			l.add(localEntry(path, env.Local.Path(path), fi))
		}
	}
	l.print()
	for _, path := range folders {
		list, err := os.ReadDir(env.Local.Path(path))
		if err != nil {
			return console.About(path, err)
		}
		l.folder(path)
		for _, d := range list {
			fi, err := d.Info()
			if err != nil || transfer.IsPart(d.Name()) || d.Name()[0] == '.' && !in.Has("a") {
				continue // vanished, or hidden
			}
			l.add(localEntry(d.Name(), filepath.Join(env.Local.Path(path), d.Name()), fi))
		}
		l.print()
	}
	return context.Cause(ctx)
}

func localEntry(name, path string, fi os.FileInfo) codec.Entry {
	return transfer.EntryWithTarget(name, fi, os.Readlink, path)
}
