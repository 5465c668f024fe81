package files

import (
	"context"
	"fmt"
	"slices"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

func deleteRows() []command.Row {
	return []command.Row{
		{
			Names:    []string{"del", "rm"},
			Synopsis: "[-r] [-f] [--really] PATH|PATTERN…",
			Line:     "deletes remote files; a prompt asks first for folders and patterns",
			MinWords: 1,
			MaxWords: -1,
			Kinds:    []command.Kind{command.RemotePath},
			Verb:     "DEL",
			Run:      del,
			Options: []codec.Option{
				{Short: 'r', Line: "delete folders with everything in them"},
				{Short: 'f', Line: "do not ask; accept that a file is missing"},
				{Long: "really", Line: "delete even a root or the home folder"},
			},
			Examples: []string{"del old.txt", "del -r build", "del *.tmp"},
			Dialect: &command.DialectRow{
				Words:    "PATH",
				Line:     "deletes a remote file",
				Examples: []string{"del old.txt"},
			},
		},
	}
}

func del(ctx context.Context, env *command.Env, in command.Invocation) error {
	if env.Console.NeedsConfirmation() && !in.Has("f") {
		if err := confirmDeletion(ctx, env, in); err != nil {
			return err
		}
	}
	words := in.CallWords("r", "f", "really")
	_, err := env.Conn.Call(ctx, "DEL", words, link.Answer{Note: env.Console.PrintNote})
	return err
}

// confirmDeletion asks for confirmation before a folder or the matches of a pattern are
// deleted. The question contains the number of files.
func confirmDeletion(ctx context.Context, env *command.Env, in command.Invocation) error {
	pattern := slices.ContainsFunc(in.Words, func(w codec.Word) bool { return !w.Quoted && codec.HasPattern(w.Text) })
	const declined = "nothing was deleted"
	what := "delete " + codec.Show(codec.Join(in.Words))
	switch {
	case !pattern && !in.Has("r"):
		return nil
	case !env.Conn.Offers("DU"):
		return env.Console.Confirm(what, declined)
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
	what = fmt.Sprintf("%s: %s, %s", what, console.FilesInFolders(files, folders), console.FormatSize(bytes))
	return env.Console.Confirm(what, declined)
}
