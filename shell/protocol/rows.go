package protocol

import (
	"context"
	"slices"

	"techsh/codec"
	"techsh/shell/command"
)

// Rows returns the commands of the package.
func (r *Recording) Rows() []command.Row {
	return slices.Concat(r.wireRows(), r.rawRows(), r.checkRows())
}

// wireRows returns the commands that show frames.
func (r *Recording) wireRows() []command.Row {
	secrets := codec.Option{Long: "secrets", Line: "shows cookies and proofs, not stars"}
	return []command.Row{
		{
			Names:        []string{"explain"},
			Synopsis:     "COMMAND",
			Line:         "shows the bytes that a command would send, and the possible answers; sends nothing",
			MinWords:     1,
			MaxWords:     -1,
			Kinds:        []command.Kind{command.CommandName, command.RemotePath},
			Dials:        true,
			OptionsFirst: true,
			Explains:     true,
			Run:          runExplain,
			Examples:     []string{`explain dir C:\`, "explain put notes.txt"},
		},
		{
			Names:    []string{"trace"},
			Synopsis: "[--full] [--secrets] [on|off|hex]",
			Line:     "shows the frames of commands, as lines or as bytes, on standard error",
			MaxWords: 1,
			Dials:    true,
			Run:      r.runTrace,
			Options: []codec.Option{
				{Long: "full", Line: "whole file contents, not only their first 64 bytes"},
				secrets,
			},
			Examples: []string{"trace on", "trace hex", "trace off"},
			Dialect: &command.DialectRow{
				Words:    "[on|off|hex]",
				Line:     "shows the messages of commands, as lines or as bytes, on standard error",
				Examples: []string{"trace on", "trace hex", "trace off"},
			},
		},
		{
			Names:    []string{"wire"},
			Synopsis: "[-x] [--secrets] show [FILE] | save FILE",
			Line:     "shows the last 256 frames, or saves them in a local file, or shows such a file",
			MinWords: 1,
			MaxWords: 2,
			Kinds:    []command.Kind{nil, command.LocalFile},
			Dials:    true,
			Run:      r.runWire,
			Options: []codec.Option{
				{Short: 'x', Line: "shows every byte"},
				secrets,
			},
			Examples: []string{"wire show", "wire save frames.txt", "wire -x show frames.txt"},
		},
	}
}

// rawRows returns the commands that send single frames, and those that wait for single
// frames.
func (r *Recording) rawRows() []command.Row {
	return []command.Row{
		{
			Names:        []string{"raw"},
			Synopsis:     "[--full] [--within TIME] VERB [BODY] | -x HEX… | -f FILE",
			Line:         "sends a frame, or any bytes, on a separate connection, and shows the answers",
			MaxWords:     -1,
			Dials:        true,
			OptionsFirst: true,
			FramesOnly:   true,
			Run:          r.runRaw,
			Options: []codec.Option{
				{Short: 'x', Line: "the words are bytes in hexadecimal"},
				{Short: 'f', Arg: "FILE", Line: "sends the bytes of a local file"},
				{Long: "within", Arg: "TIME", Line: "ends when nothing is received for that time; default 500ms"},
				{Long: "full", Line: "whole file contents, not only their first 64 bytes"},
			},
			Examples: []string{"raw DIR *.txt", "raw -x 44 49 52 20 20", "raw -f frames.bin"},
		},
		{
			Names:        []string{"expect"},
			Synopsis:     "[--within TIME] VERB [TEXT]",
			Line:         "waits for a frame that answers raw, with TEXT in it",
			MinWords:     1,
			MaxWords:     2,
			Dials:        true,
			OptionsFirst: true,
			FramesOnly:   true,
			Run:          r.runExpect,
			Options: []codec.Option{
				{Long: "within", Arg: "TIME", Line: "fails after that time; default 5s"},
			},
			Examples: []string{"expect OK", "expect ERR not-found"},
		},
	}
}

// checkRows returns the commands that test a server.
func (r *Recording) checkRows() []command.Row {
	return []command.Row{
		{
			Names:    []string{"doctor"},
			Synopsis: "[HOST]",
			Line:     "finds why a remote cannot be reached, then checks its clock, displays and disk",
			MaxWords: 1,
			Kinds:    []command.Kind{command.HostName},
			Dials:    true,
			Run:      runDoctor,
			Examples: []string{"doctor", "doctor office-pc"},
		},
		{
			Names:      []string{"lint"},
			Synopsis:   "[--mine] [HOST]",
			Line:       "sends unusual and invalid frames to your own server, and checks that it keeps to the protocol",
			MaxWords:   1,
			Kinds:      []command.Kind{command.HostName},
			Dials:      true,
			FramesOnly: true,
			Run: func(ctx context.Context, env *command.Env, in command.Invocation) error {
				return runLint(ctx, env, r.handshake, in)
			},
			Options: []codec.Option{
				{Long: "mine", Line: "checks a server on another computer, which is yours"},
			},
			Examples: []string{"lint", "lint --mine office-pc"},
		},
	}
}
