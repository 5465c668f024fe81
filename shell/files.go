package shell

import (
	"context"
	"errors"
	"fmt"

	"techsh/codec"
	"techsh/codec/link"
)

func fileRows() []row {
	return []row{
		{
			names: []string{"cd"}, synopsis: "[PATH]", line: "goes to a folder there; without PATH home, - is back", most: 1, kinds: []kind{remoteFolder}, verb: "CD", moves: true, run: cd,
			examples: []string{`cd "C:\Program Files"`, "cd .."},
		},
		{names: []string{"pwd"}, line: "says where we are there", verb: "PWD", run: pwd, examples: []string{"pwd"}},
		{
			names: []string{"cat", "type"}, synopsis: "[--raw] PATH…", line: "prints files", least: 1, most: -1, kinds: []kind{remotePath}, verb: "CAT", run: cat,
			options:  []codec.Option{{Long: "raw", Line: "every byte as it is, on a terminal too"}},
			examples: []string{"cat /etc/hosts", "cat *.log"},
		},
		{
			names: []string{"mkdir", "md"}, synopsis: "[-p] PATH…", line: "makes folders there", least: 1, most: -1, kinds: []kind{remoteFolder}, verb: "MKD", run: mkdir,
			options:  []codec.Option{{Short: 'p', Line: "those above it too; being there is fine"}},
			examples: []string{"mkdir -p backup/2026"},
		},
		{
			names: []string{"del", "rm"}, synopsis: "[-r] [-f] [--really] PATH|PATTERN…", line: "deletes there; at a prompt asks before a folder or pattern", least: 1, most: -1, kinds: []kind{remotePath}, verb: "DEL", run: del,
			options: []codec.Option{
				{Short: 'r', Line: "folders with all in them"},
				{Short: 'f', Line: "without asking; what is not there is fine"},
				{Long: "really", Line: "also a root or the home folder"},
			},
			examples: []string{"del old.txt", "del -r build", "del *.tmp"},
		},
		{
			names: []string{"copy", "cp"}, synopsis: "[-r] [-f] FROM… TO", line: "copies files, with -r folders, there", least: 2, most: -1, kinds: []kind{remotePath}, verb: "COPY", run: copyFiles,
			options:  []codec.Option{{Short: 'r', Line: "folders with all in them"}, {Short: 'f', Line: "replaces what is there; else a prompt asks, and a script refuses"}},
			examples: []string{"copy app.ini app.ini.bak", "copy *.log old", "copy -r site site.old"},
		},
		{
			names: []string{"move", "mv", "ren"}, synopsis: "[-f] FROM… TO", line: "moves and renames, there", least: 2, most: -1, kinds: []kind{remotePath}, verb: "MOVE", run: move,
			options:  []codec.Option{{Short: 'f', Line: "replaces a file that is there; else a prompt asks, and a script refuses"}},
			examples: []string{"move report.pdf done", "ren a.txt b.txt"},
		},
	}
}

func cd(ctx context.Context, env *Env, in invocation) error {
	words := in.Words
	if len(words) == 1 && isDash(words[0]) && env.Conn != nil {
		if env.Conn.Back == "" {
			return errNoBack
		}
		words = codec.Lits(env.Conn.Back)
	}
	pairs, err := env.Conn.Call(ctx, "CD", Guarded(words), link.Answer{})
	if err == nil {
		env.Conn.Back = env.Conn.Cwd
		env.Conn.Cwd, _ = pairs.Get("cwd")
	}
	return err
}

var errNoBack = errors.New("-: no folder was left yet")

func pwd(ctx context.Context, env *Env, _ invocation) error {
	pairs, err := env.Conn.Call(ctx, "PWD", nil, link.Answer{})
	if err == nil {
		env.Conn.Cwd, _ = pairs.Get("cwd")
		fmt.Fprintln(env.Console, env.Console.Printable(env.Conn.Cwd))
	}
	return err
}

func cat(ctx context.Context, env *Env, in invocation) error {
	out := env.Console.OutWriter(ctx, in.Has("raw"))
	_, err := env.Conn.Call(ctx, "CAT", Guarded(in.Words), link.Answer{Note: env.Console.PrintNote, Data: func(b []byte) error {
		_, err := out.Write(b)
		return AboutStream("standard output", err)
	}})
	out.End()
	return err
}

// withOptions puts those of the options that were given in front of words.
func withOptions(in invocation, names ...string) []codec.Word {
	var words []codec.Word
	for _, n := range names {
		switch {
		case !in.Has(n):
		case len(n) == 1:
			words = append(words, codec.Bare("-"+n))
		default:
			words = append(words, codec.Bare("--"+n))
		}
	}
	return append(words, Guarded(in.Words)...)
}

func mkdir(ctx context.Context, env *Env, in invocation) error {
	_, err := env.Conn.Call(ctx, "MKD", withOptions(in, "p"), link.Answer{Note: env.Console.PrintNote})
	return err
}

func del(ctx context.Context, env *Env, in invocation) error {
	if env.Console.NeedsConfirmation() && !in.Has("f") {
		if err := env.sure(ctx, in); err != nil {
			return err
		}
	}
	_, err := env.Conn.Call(ctx, "DEL", withOptions(in, "r", "f", "really"), link.Answer{Note: env.Console.PrintNote})
	return err
}

// sure asks before a folder or what a pattern matches is deleted, and says
// how much that is.
func (env *Env) sure(ctx context.Context, in invocation) error {
	pattern := false
	for _, w := range in.Words {
		pattern = pattern || !w.Quoted && codec.HasPattern(w.Text)
	}
	const otherwise = "nothing was deleted"
	what := "delete " + codec.Show(codec.Join(in.Words))
	switch {
	case !pattern && !in.Has("r"):
		return nil
	case !env.Conn.Offers("DU"):
		return env.Console.Confirm(what, otherwise)
	}
	pairs, err := env.Conn.Call(ctx, "DU", Guarded(in.Words), link.Answer{Note: env.Console.PrintNote})
	if err != nil {
		return err
	}
	files, _ := pairs.Int("files")
	folders, _ := pairs.Int("folders")
	bytes, _ := pairs.Int("bytes")
	if folders == 0 && !pattern {
		return nil
	}
	return env.Console.Confirm(fmt.Sprintf("%s: %s, %s", what, FilesInFolders(files, folders), Size(bytes)), otherwise)
}

func copyFiles(ctx context.Context, env *Env, in invocation) error {
	return env.carry(ctx, in, "COPY", "r", "f")
}

func move(ctx context.Context, env *Env, in invocation) error {
	return env.carry(ctx, in, "MOVE", "f")
}
