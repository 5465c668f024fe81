package transfers

import (
	"errors"

	"techsh/codec"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/transfers/running"
)

// Rows returns the commands get, put and sync.
func Rows() []command.Row {
	return []command.Row{getRow(), putRow(), syncRow()}
}

const transferSynopsis = "[-r] [-L] [-f] [-p] [-u] [--sum sha256] [--limit RATE] PATH|PATTERN… [TARGET]"

func getRow() command.Row {
	return command.Row{
		Names:    []string{"get"},
		Synopsis: transferSynopsis,
		Line:     "fetches remote files, -r folders; TARGET - is standard output",
		MinWords: 1,
		MaxWords: -1,
		Kinds:    []command.Kind{command.RemotePath},
		Target:   command.LocalFile,
		Verb:     "GET",
		Run:      get,
		Options:  optionRows(),
		Examples: []string{"get report.pdf", "get -r logs/*.d backup", "get big.iso -"},
		Dialect: &command.DialectRow{
			Options:  []string{"f", "p"},
			Words:    "PATH [TARGET]",
			Line:     "fetches a remote file; TARGET - is standard output",
			Examples: []string{"get report.pdf", "get big.iso -"},
		},
	}
}

func putRow() command.Row {
	return command.Row{
		Names:    []string{"put"},
		Synopsis: transferSynopsis,
		Line:     "sends local files, -r folders; PATH - is standard input",
		MinWords: 1,
		MaxWords: -1,
		Kinds:    []command.Kind{command.LocalFile},
		Target:   command.RemotePath,
		Verb:     "PUT",
		Run:      put,
		Options:  optionRows(),
		Examples: []string{"put setup.exe", `put -r *.cfg plugins C:\app`, "put - notes.txt"},
	}
}

func syncRow() command.Row {
	return command.Row{
		Names:    []string{"sync"},
		Synopsis: "[-n] [--delete] l:FOLDER r:FOLDER | r:FOLDER l:FOLDER",
		Line:     "makes the second folder like the first; l: is local, r: is remote",
		MinWords: 2,
		MaxWords: 2,
		Kinds:    []command.Kind{sideFolder},
		Verb:     "FIND",
		Run:      syncFolders,
		Options: []codec.Option{
			{Short: 'n', Line: "only print the plan; files differ by size or time, never by mode"},
			{Long: "delete", Line: "delete what the first lacks; a prompt asks before, a script tells how much"},
		},
		Examples: []string{"sync -n l:site r:www", `sync --delete "r:My Documents" l:backup`},
	}
}

// optionRows returns the options of get and put.
func optionRows() []codec.Option {
	return []codec.Option{
		{Short: 'r', Line: "transfer folders with everything in them"},
		{Short: 'L', Line: "follow symbolic links inside folders"},
		{Short: 'f', Line: "replace existing files; otherwise prompts ask and scripts fail"},
		{Short: 'p', Line: "make the missing folders of TARGET"},
		{Short: 'u', Line: "skip existing files of the same size and time"},
		{Long: "sum", Arg: "sha256", Line: "check SHA-256 as well; with -u compare it instead of the time"},
		{Long: "limit", Arg: "RATE", Line: "transfer that many bytes a second at most: 500k, 2M"},
	}
}

// newTransfer begins a get or put. It splits the words into sources and target;
// target.Text is "" if there is no target.
func newTransfer(env *command.Env, in command.Invocation) (
	run *running.Transfer, sources []codec.Word, target codec.Word, err error,
) {
	opts, err := running.NewOptions(in)
	if err != nil {
		return nil, nil, target, err
	}
	sources = in.Words
	if n := len(sources); n > 1 {
		sources, target = sources[:n-1], sources[n-1]
	}
	run = running.New(env, opts)
	run.SingleFile = len(sources) == 1 && !client.IsPattern(sources[0]) && !opts.Recursive
	return run, sources, target, nil
}

// withParentsHint adds a hint on -p if a folder of the target does not exist.
func withParentsHint(err error) error {
	if err != nil && console.HintOf(err) == "" && errors.Is(err, &codec.Error{Code: codec.NotFound}) {
		return console.WithHint(err, "-p makes the folders that are missing")
	}
	return err
}
