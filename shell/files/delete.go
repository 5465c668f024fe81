package files

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

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
	total, paths, err := countForDeletion(ctx, env, in.Words)
	switch {
	case err != nil:
		return err
	case total.folders == 0 && !pattern:
		return nil
	case len(paths.first) > 0:
		what = "delete " + paths.String()
	}
	what = fmt.Sprintf("%s: %s, %s", what,
		console.FilesInFolders(total.files, total.folders), console.FormatSize(total.bytes))
	return env.Console.Confirm(what, declined)
}

// countForDeletion counts the files and folders that the patterns and paths in words
// stand for on the remote. It also returns the paths that the remote would delete, unless
// the remote is too old to return them. In these paths, the links in the path of the
// parent folder are resolved.
func countForDeletion(
	ctx context.Context, env *command.Env, words []codec.Word,
) (total usage, paths pathList, err error) {
	count := func(options ...codec.Word) error {
		request := append(options, client.Operands(words)...)
		return env.Conn.Lines(ctx, "DU", request, env.Console.PrintNote, func(line string) error {
			u, err := parseUsage(line)
			if err != nil {
				return err
			}
			total.files, total.folders, total.bytes = total.files+u.files, total.folders+u.folders, total.bytes+u.bytes
			if u.resolved != "" {
				paths.add(u.resolved)
			}
			return nil
		})
	}
	err = count(codec.Bare("--path"))
	if x, ok := errors.AsType[*codec.Error](err); ok && x.Code == codec.BadRequest && strings.Contains(x.Text, "--path") {
		err = count()
	}
	return total, paths, err
}

// A pathList contains the first paths of a list, and the number of the remaining paths.
type pathList struct {
	first []string
	more  int
}

func (l *pathList) add(path string) {
	const shown = 3
	if len(l.first) < shown {
		l.first = append(l.first, codec.Name(path))
	} else {
		l.more++
	}
}

func (l *pathList) String() string {
	text := strings.Join(l.first, ", ")
	if l.more > 0 {
		text += fmt.Sprintf(" and %d more", l.more)
	}
	return text
}
