package files

import (
	"context"
	"fmt"
	"strings"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

func fileRows() []command.Row {
	return []command.Row{
		{
			Names:    []string{"cat", "type"},
			Synopsis: "[--raw] PATH…",
			Line:     "prints remote files",
			MinWords: 1,
			MaxWords: -1,
			Kinds:    []command.Kind{command.RemotePath},
			Verb:     "CAT",
			Run:      cat,
			Options: []codec.Option{
				{Long: "raw", Line: "print every byte unchanged, on a terminal too"},
			},
			Examples: []string{"cat /etc/hosts", "cat *.log"},
		},
		{
			Names:    []string{"hash", "sha256sum"},
			Synopsis: "PATH…",
			Line:     "prints the SHA-256 of remote files, in the format of sha256sum",
			MinWords: 1,
			MaxWords: -1,
			Kinds:    []command.Kind{command.RemotePath},
			Verb:     "HASH",
			Run:      hash,
			Examples: []string{"hash big.iso"},
		},
	}
}

func cat(ctx context.Context, env *command.Env, in command.Invocation) error {
	out := env.Console.OutWriter(ctx, in.Has("raw"))
	write := func(b []byte) error {
		_, err := out.Write(b)
		return console.AboutStream("standard output", err)
	}
	answer := link.Answer{Note: env.Console.PrintNote, Data: write}
	_, err := env.Conn.Call(ctx, "CAT", client.Operands(in.Words), answer)
	out.End()
	return err
}

func hash(ctx context.Context, env *command.Env, in command.Invocation) error {
	escaper := strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\r", `\r`) // so that sha256sum can check the output
	return env.Conn.Hash(ctx, client.Operands(in.Words), env.Console.PrintNote, func(sum, path string) {
		mark := ""
		if escaped := escaper.Replace(path); escaped != path {
			mark, path = `\`, escaped
		}
		fmt.Fprintf(env.Console, "%s%s  %s\n", mark, sum, env.Console.Printable(path))
		if env.Console.Out.Terminal {
			env.Console.Flush() // hashing the next file may take long
		}
	})
}
