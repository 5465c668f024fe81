package files

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

func fileRows() []command.Row {
	return []command.Row{
		{
			Names: []string{"cd"}, Synopsis: "[PATH]", Line: "goes to a folder there; without PATH home, - is back", MaxWords: 1, Kinds: []command.Kind{command.RemoteFolder}, Verb: "CD", MovesSession: true, Run: cd,
			Examples: []string{`cd "C:\Program Files"`, "cd .."},
		},
		{Names: []string{"pwd"}, Line: "says where we are there", Verb: "PWD", Run: pwd, Examples: []string{"pwd"}},
		{
			Names: []string{"cat", "type"}, Synopsis: "[--raw] PATH…", Line: "prints files", MinWords: 1, MaxWords: -1, Kinds: []command.Kind{command.RemotePath}, Verb: "CAT", Run: cat,
			Options:  []codec.Option{{Long: "raw", Line: "every byte as it is, on a terminal too"}},
			Examples: []string{"cat /etc/hosts", "cat *.log"},
		},
		{
			Names: []string{"mkdir", "md"}, Synopsis: "[-p] PATH…", Line: "makes folders there", MinWords: 1, MaxWords: -1, Kinds: []command.Kind{command.RemoteFolder}, Verb: "MKD", Run: mkdir,
			Options:  []codec.Option{{Short: 'p', Line: "those above it too; being there is fine"}},
			Examples: []string{"mkdir -p backup/2026"},
		},
		{
			Names: []string{"del", "rm"}, Synopsis: "[-r] [-f] [--really] PATH|PATTERN…", Line: "deletes there; at a prompt asks before a folder or pattern", MinWords: 1, MaxWords: -1, Kinds: []command.Kind{command.RemotePath}, Verb: "DEL", Run: del,
			Options: []codec.Option{
				{Short: 'r', Line: "folders with all in them"},
				{Short: 'f', Line: "without asking; what is not there is fine"},
				{Long: "really", Line: "also a root or the home folder"},
			},
			Examples: []string{"del old.txt", "del -r build", "del *.tmp"},
		},
		{
			Names: []string{"copy", "cp"}, Synopsis: "[-r] [-f] FROM… TO", Line: "copies files, with -r folders, there", MinWords: 2, MaxWords: -1, Kinds: []command.Kind{command.RemotePath}, Verb: "COPY", Run: copyFiles,
			Options:  []codec.Option{{Short: 'r', Line: "folders with all in them"}, {Short: 'f', Line: "replaces what is there; else a prompt asks, and a script refuses"}},
			Examples: []string{"copy app.ini app.ini.bak", "copy *.log old", "copy -r site site.old"},
		},
		{
			Names: []string{"move", "mv", "ren"}, Synopsis: "[-f] FROM… TO", Line: "moves and renames, there", MinWords: 2, MaxWords: -1, Kinds: []command.Kind{command.RemotePath}, Verb: "MOVE", Run: move,
			Options:  []codec.Option{{Short: 'f', Line: "replaces a file that is there; else a prompt asks, and a script refuses"}},
			Examples: []string{"move report.pdf done", "ren a.txt b.txt"},
		},
	}
}

func cd(ctx context.Context, env *command.Env, in command.Invocation) error {
	words := in.Words
	if len(words) == 1 && command.IsStandardStream(words[0]) && env.Conn != nil {
		if env.Conn.PreviousCwd == "" {
			return errNoBack
		}
		words = codec.Lits(env.Conn.PreviousCwd)
	}
	pairs, err := env.Conn.Call(ctx, "CD", client.Operands(words), link.Answer{})
	if err == nil {
		env.Conn.PreviousCwd = env.Conn.Cwd
		env.Conn.Cwd, _ = pairs.Get("cwd")
	}
	return err
}

var errNoBack = errors.New("-: no folder was left yet")

func pwd(ctx context.Context, env *command.Env, _ command.Invocation) error {
	pairs, err := env.Conn.Call(ctx, "PWD", nil, link.Answer{})
	if err == nil {
		env.Conn.Cwd, _ = pairs.Get("cwd")
		fmt.Fprintln(env.Console, env.Console.Printable(env.Conn.Cwd))
	}
	return err
}

func cat(ctx context.Context, env *command.Env, in command.Invocation) error {
	out := env.Console.OutWriter(ctx, in.Has("raw"))
	_, err := env.Conn.Call(ctx, "CAT", client.Operands(in.Words), link.Answer{Note: env.Console.PrintNote, Data: func(b []byte) error {
		_, err := out.Write(b)
		return console.AboutStream("standard output", err)
	}})
	out.End()
	return err
}

func mkdir(ctx context.Context, env *command.Env, in command.Invocation) error {
	_, err := env.Conn.Call(ctx, "MKD", in.CallWords("p"), link.Answer{Note: env.Console.PrintNote})
	return err
}

func del(ctx context.Context, env *command.Env, in command.Invocation) error {
	if env.Console.NeedsConfirmation() && !in.Has("f") {
		if err := sure(ctx, env, in); err != nil {
			return err
		}
	}
	_, err := env.Conn.Call(ctx, "DEL", in.CallWords("r", "f", "really"), link.Answer{Note: env.Console.PrintNote})
	return err
}

// sure asks before a folder or what a pattern matches is deleted, and says
// how much that is.
func sure(ctx context.Context, env *command.Env, in command.Invocation) error {
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
	pairs, err := env.Conn.Call(ctx, "DU", client.Operands(in.Words), link.Answer{Note: env.Console.PrintNote})
	if err != nil {
		return err
	}
	files, _ := pairs.Int("files")
	folders, _ := pairs.Int("folders")
	bytes, _ := pairs.Int("bytes")
	if folders == 0 && !pattern {
		return nil
	}
	return env.Console.Confirm(fmt.Sprintf("%s: %s, %s", what, console.FilesInFolders(files, folders), console.FormatSize(bytes)), otherwise)
}

func copyFiles(ctx context.Context, env *command.Env, in command.Invocation) error {
	return carry(ctx, env, in, "COPY", "r", "f")
}

func move(ctx context.Context, env *command.Env, in command.Invocation) error {
	return carry(ctx, env, in, "MOVE", "f")
}

// Rows returns the commands about files.
func Rows() []command.Row {
	return slices.Concat(listingRows(), searchRows(), fileRows(), localRows())
}
