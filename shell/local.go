package shell

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/transfer"
)

func localRows() []row {
	return []row{
		{
			names: []string{"lcd"}, synopsis: "[PATH]", line: "goes to a folder here; without PATH home, - is back", most: 1, kinds: []kind{localFolder}, run: localCd,
			examples: []string{"lcd ~/Downloads"},
		},
		{names: []string{"lpwd"}, line: "says where we are here", run: localPwd, examples: []string{"lpwd"}},
		{
			names: []string{"ldir", "lls"}, synopsis: "[-a] [-l] [PATH|PATTERN…]", line: "lists a folder here", most: -1, kinds: []kind{localFile}, run: localDir,
			options:  []codec.Option{{Short: 'a', Line: "hidden ones too"}, {Short: 'l', Line: "modes, whole seconds and targets of links too"}},
			examples: []string{"ldir *.pdf"},
		},
		{
			names: []string{"!"}, synopsis: "COMMAND", line: "runs the rest of the line in the shell here", leading: true, verbatim: true, least: 1, most: -1, run: localShell,
			examples: []string{"!ping -c1 office-pc"},
		},
	}
}

func localShell(ctx context.Context, env *Env, in invocation) error {
	cmd := shellCommand(ctx, in.Words[0].Text)
	cmd.Dir = env.Local.Dir
	cmd.Stdout, cmd.Stderr = env.Console.Out.File, env.Console.Err.File
	if !env.Console.Script {
		cmd.Stdin = env.Console.In.File
	}
	cmd.Cancel = func() error { return nil } // the terminal has told it, as it told us
	cmd.WaitDelay = time.Second
	err := cmd.Run()
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		return &ExitError{strings.TrimSpace(in.Words[0].Text), e.ProcessState.String(), max(1, e.ExitCode()&255)}
	}
	return err
}

func localCd(ctx context.Context, env *Env, in invocation) error {
	w := codec.Bare("~")
	if len(in.Words) == 1 {
		w = in.Words[0]
	}
	if isDash(w) {
		if env.Local.Back == "" {
			return errNoBack
		}
		w = codec.Lit(env.Local.Back)
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
		return About(w.Text, err)
	}
	env.Local.Back, env.Local.Dir = env.Local.Dir, path
	return nil
}

func localPwd(_ context.Context, env *Env, _ invocation) error {
	fmt.Fprintln(env.Console, env.Console.Printable(env.Local.Dir))
	return nil
}

func localDir(ctx context.Context, env *Env, in invocation) error {
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
				return About(path, err)
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
			return About(path, err)
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
