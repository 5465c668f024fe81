package files

import (
	"context"
	"errors"
	"fmt"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/command"
)

func folderRows() []command.Row {
	return []command.Row{
		{
			Names:        []string{"cd"},
			Synopsis:     "[PATH]",
			Line:         "changes the remote folder; PATH defaults to home, - is the previous one",
			MaxWords:     1,
			Kinds:        []command.Kind{command.RemoteFolder},
			Verb:         "CD",
			MovesSession: true,
			Run:          changeFolder,
			Examples:     []string{`cd "C:\Program Files"`, "cd .."},
		},
		{
			Names:    []string{"pwd"},
			Line:     "prints the remote folder",
			Verb:     "PWD",
			Run:      printFolder,
			Examples: []string{"pwd"},
		},
		{
			Names:    []string{"mkdir", "md"},
			Synopsis: "[-p] PATH…",
			Line:     "makes folders on the remote",
			MinWords: 1,
			MaxWords: -1,
			Kinds:    []command.Kind{command.RemoteFolder},
			Verb:     "MKD",
			Run:      makeFolders,
			Options: []codec.Option{
				{Short: 'p', Line: "make missing parents too; accept a folder that exists"},
			},
			Examples: []string{"mkdir -p backup/2026"},
		},
	}
}

var errNoPrevious = errors.New("-: there is no previous folder")

func changeFolder(ctx context.Context, env *command.Env, in command.Invocation) error {
	words := in.Words
	if len(words) == 1 && command.IsStandardStream(words[0]) && env.Conn != nil {
		if env.Conn.PreviousCwd == "" {
			return errNoPrevious
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

func printFolder(ctx context.Context, env *command.Env, _ command.Invocation) error {
	pairs, err := env.Conn.Call(ctx, "PWD", nil, link.Answer{})
	if err == nil {
		env.Conn.Cwd, _ = pairs.Get("cwd")
		fmt.Fprintln(env.Console, env.Console.Printable(env.Conn.Cwd))
	}
	return err
}

func makeFolders(ctx context.Context, env *command.Env, in command.Invocation) error {
	_, err := env.Conn.Call(ctx, "MKD", in.CallWords("p"), link.Answer{Note: env.Console.PrintNote})
	return err
}
