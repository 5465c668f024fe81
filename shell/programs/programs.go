package programs

import (
	"slices"

	"techsh/codec"
	"techsh/shell/command"
)

// Rows returns the commands of the package.
func Rows() []command.Row {
	return slices.Concat(programRows(), processRows())
}

func programRows() []command.Row {
	const options = "[-i|-t] [-d DIR] [-e NAME=VALUE]… [--timeout TIME] [--encoding NAME] [--raw] "
	return []command.Row{
		{
			Names:        []string{"exec", "run"},
			Synopsis:     options + "PROG ARG…",
			Line:         "runs a program on the remote; its exit status is that of the command",
			MinWords:     1,
			MaxWords:     -1,
			Kinds:        []command.Kind{command.RemotePath},
			Verb:         "EXEC",
			PassesStatus: true,
			OptionsFirst: true,
			Run:          runExec,
			Options:      runOptions(),
			Examples:     []string{"exec uname -a", "exec -t top", "exec sort < names.txt > sorted.txt"},
			Dialect: &command.DialectRow{
				Words:    "PROG ARG…",
				Line:     "runs a program on the remote until it ends; its output stays on the remote",
				Examples: []string{"exec notepad"},
			},
		},
		{
			Names:        []string{"sh"},
			Synopsis:     options + "[--shell NAME] LINE",
			Line:         "runs the rest of the line in the remote shell",
			MinWords:     1,
			MaxWords:     -1,
			Verb:         "SH",
			PassesStatus: true,
			OptionsFirst: true,
			Verbatim:     true,
			Run:          runShell,
			Options: append(runOptions(), codec.Option{
				Long: "shell",
				Arg:  "NAME",
				Line: "another shell: cmd or powershell, or one of /etc/shells",
			}),
			Examples: []string{
				"sh cd /var/log; grep -i error *.log | tail",
				"sh --shell powershell Get-Service | Select -First 3",
			},
		},
		{
			Names:        []string{"start"},
			Synopsis:     "[-d DIR] [-e NAME=VALUE]… PROG ARG…|FILE",
			Line:         "starts a program, or opens a document, on the remote screen, and prints its pid",
			MinWords:     1,
			MaxWords:     -1,
			Kinds:        []command.Kind{command.RemotePath},
			Verb:         "RUN",
			OptionsFirst: true,
			Run:          runStart,
			Options:      locationOptions(),
			Examples:     []string{"start notepad notes.txt", "start report.pdf"},
		},
	}
}

// runOptions returns the options of exec and sh.
func runOptions() []codec.Option {
	return slices.Concat(
		[]codec.Option{
			{Short: 'i', Line: "passes on standard input; < FILE implies it"},
			{Short: 't', Line: "runs it in a remote terminal, shown in this one; Enter ~ . leaves it"},
		},
		locationOptions(),
		[]codec.Option{
			{Long: "timeout", Arg: "TIME", Line: "ends the program after that time: 90, 1m30s"},
			{
				Long: "encoding",
				Arg:  "NAME",
				Line: "encoding of its output; default UTF-8, or on a terminal that of a Windows console",
			},
			{Long: "raw", Line: "prints every byte unchanged, even on a terminal"},
		},
	)
}

// locationOptions returns the options for the folder and environment of a program.
func locationOptions() []codec.Option {
	return []codec.Option{
		{Short: 'd', Arg: "DIR", Line: "runs it in that folder"},
		{Short: 'e', Arg: "NAME=VALUE", Many: true, Line: "sets an environment variable; may be repeated"},
	}
}

func processRows() []command.Row {
	return []command.Row{
		{
			Names:    []string{"ps"},
			Synopsis: "[-t] [--mine] [--sort KEY] [PATTERN]",
			Line:     "lists remote processes: pid, user, processor share and time, memory, start",
			MaxWords: 1,
			Kinds:    []command.Kind{completeTarget},
			Verb:     "PS",
			Run:      runPs,
			Options: []codec.Option{
				{Short: 't', Line: "as a tree, with each process above those it started"},
				{Long: "mine", Line: "only processes started by your start command"},
				{
					Long: "sort",
					Arg:  "KEY",
					Line: "cpu, memory, start, pid, user or name; default cpu, and pid for a tree",
				},
			},
			Examples: []string{"ps", "ps fire", "ps -t --sort memory"},
		},
		{
			Names:    []string{"kill"},
			Synopsis: "[-f] [-s SIG|-9] PID|NAME|%N…",
			Line:     "ends remote processes, or local jobs; a prompt asks if several have the same name",
			MinWords: 1,
			MaxWords: -1,
			Kinds:    []command.Kind{completeTarget},
			Run:      runKill,
			Options: []codec.Option{
				{Short: 's', Arg: "SIG", Line: "sends that signal instead of TERM: KILL, HUP, 9"},
				{Short: '9', Line: "same as -s KILL, which a process cannot refuse"},
				{Short: 'f', Line: "ends all processes of a name without asking"},
			},
			Examples: []string{"kill 4711", "kill -s HUP sshd", "kill %1"},
			Dialect: &command.DialectRow{
				Words:    "%N…",
				Line:     "ends local jobs",
				Examples: []string{"kill %1"},
			},
		},
	}
}
