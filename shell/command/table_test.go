package command_test

import (
	"context"

	"techsh/codec"
	"techsh/shell/command"
)

// newTable returns a table with commands of all kinds.
func newTable() command.Table {
	run := func(context.Context, *command.Env, command.Invocation) error { return nil }
	programOptions := []codec.Option{
		{Short: 'd', Arg: "DIR", Line: "in that folder"},
		{Short: 't', Line: "on a terminal"},
		{Long: "timeout", Arg: "TIME", Line: "for that long"},
	}
	return command.Table{Rows: []command.Row{
		{
			Names:        []string{"echo"},
			Synopsis:     "[WORD…]",
			Line:         "makes the remote repeat the words",
			MaxWords:     -1,
			OptionsFirst: true,
			Verb:         "ECHO",
			Run:          run,
		},
		{
			Names:    []string{"get"},
			Synopsis: "[-r] [--sum sha256] PATH… [TARGET]",
			Line:     "fetches files",
			MinWords: 1,
			MaxWords: -1,
			Options: []codec.Option{
				{Short: 'r', Line: "folders too"},
				{Long: "sum", Arg: "KIND", Line: "checks them"},
			},
			Kinds:    []command.Kind{words("logs/", "notes.txt", "My Documents/")},
			Target:   command.LocalFile,
			Verb:     "GET",
			Run:      run,
			Examples: []string{"get notes.txt", "get -r logs"},
			Dialect:  &command.DialectRow{Options: []string{"r"}, Words: "PATH", Examples: []string{"get notes.txt"}},
		},
		{
			Names:        []string{"cd"},
			MaxWords:     1,
			Verb:         "CD",
			MovesSession: true,
			Run:          run,
		},
		{
			Names:        []string{"exec", "run"},
			MinWords:     1,
			MaxWords:     -1,
			OptionsFirst: true,
			Options:      programOptions,
			Verb:         "EXEC",
			Run:          run,
		},
		{
			Names:        []string{"sh"},
			MinWords:     1,
			MaxWords:     -1,
			OptionsFirst: true,
			Verbatim:     true,
			Options:      programOptions,
			Verb:         "SH",
			Run:          run,
		},
		{
			Names:        []string{"say"},
			MinWords:     1,
			MaxWords:     -1,
			OptionsFirst: true,
			Verbatim:     true,
			Verb:         "SAY",
			Run:          run,
		},
		{
			Names:        []string{"!"},
			MinWords:     1,
			MaxWords:     -1,
			OptionsFirst: true,
			Verbatim:     true,
			Run:          run,
		},
		{
			Names:        []string{"explain"},
			MinWords:     1,
			MaxWords:     -1,
			OptionsFirst: true,
			Explains:     true,
			Kinds:        []command.Kind{command.CommandName, words("logs/", "notes.txt")},
			Run:          run,
		},
		{
			Names:      []string{"find"},
			MaxWords:   1,
			SingleDash: true,
			Options:    []codec.Option{{Long: "name", Arg: "PATTERN"}, {Short: 'n', Line: "counts"}},
			Verb:       "FIND",
			Run:        run,
		},
		{
			Names:    []string{"exit", "quit", "bye"},
			Line:     "leaves",
			MaxWords: 0,
			Run:      run,
		},
	}}
}

// words returns a Kind that completes these words. A word that ends in "/" may
// continue.
func words(all ...string) command.Kind {
	return func(_ context.Context, _ *command.Env, w codec.Word) command.Candidates {
		c := command.Listed(command.MatchPrefix(w.Text, all).List)
		for i, one := range c.List {
			c.List[i].More = one.Text[len(one.Text)-1] == '/'
		}
		return c
	}
}
