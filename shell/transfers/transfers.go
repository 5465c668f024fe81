package transfers

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"techsh/codec"
	"techsh/shell/client"
	"techsh/shell/command"
	"techsh/shell/console"
)

// get.go, with arriving.go, and put.go have one direction each; wanted.go and
// offered.go decide what crosses at all, and difference.go asks. Package compare knows what two trees
// have alike, sync.go makes them alike. errand.go says what has become of it.

func Rows() []command.Row {
	options := func(fetches, here string) []codec.Option {
		return []codec.Option{
			{Short: 'r', Line: fetches + " folders with all in them"},
			{Short: 'L', Line: "in them, what links lead to instead of the links"},
			{Short: 'f', Line: "replaces what is " + here + "; else a prompt asks, and a script refuses"},
			{Short: 'p', Line: "makes the folders of TARGET that are missing"},
			{Short: 'u', Line: "leaves out what is " + here + " already, equal in size and time"},
			{Long: "sum", Arg: "sha256", Line: "compares that as well, and with -u instead of the time"},
			{Long: "limit", Arg: "RATE", Line: "bytes a second at most, such as 500k or 2M"},
		}
	}
	return []command.Row{
		{
			Names: []string{"get"}, Synopsis: "[-r] [-L] [-f] [-p] [-u] [--sum sha256] [--limit RATE] PATH|PATTERN… [TARGET]", MinWords: 1, MaxWords: -1,
			Line:  "fetches files to here, -r folders; TARGET - is standard output",
			Kinds: []command.Kind{command.RemotePath}, Target: command.LocalFile, Verb: "GET", Run: get, Options: options("fetches", "here"),
			Examples: []string{"get report.pdf", "get -r logs/*.d backup", "get big.iso -"},
			Dialect: &command.DialectRow{
				Options:  []string{"f", "p"},
				Words:    "PATH [TARGET]",
				Line:     "fetches a remote file; TARGET - is standard output",
				Examples: []string{"get report.pdf", "get big.iso -"},
			},
		},
		{
			Names: []string{"put"}, Synopsis: "[-r] [-L] [-f] [-p] [-u] [--sum sha256] [--limit RATE] PATH|PATTERN… [TARGET]", MinWords: 1, MaxWords: -1,
			Line:  "sends files there, -r folders; PATH - is standard input",
			Kinds: []command.Kind{command.LocalFile}, Target: command.RemotePath, Verb: "PUT", Run: put, Options: options("sends", "there"),
			Examples: []string{"put setup.exe", `put -r *.cfg plugins C:\app`, "put - notes.txt"},
		},
		{
			Names: []string{"sync"}, Synopsis: "[-n] [--delete] l:FOLDER r:FOLDER | r:FOLDER l:FOLDER", MinWords: 2, MaxWords: 2,
			Line: "makes the second folder like the first; l: is here, r: is there", Kinds: []command.Kind{eitherFolder}, Verb: "FIND", Run: synchronise,
			Options: []codec.Option{
				{Short: 'n', Line: "only says what it would do: size and time tell files apart, modes do not, nor folders' times"},
				{Long: "delete", Line: "deletes what the first has not; a prompt asks before, a script says how much"},
			},
			Examples: []string{"sync -n l:site r:www", `sync --delete "r:My Documents" l:backup`},
		},
	}
}

// Wishes are what the options of get and put ask for.
type transferOptions struct {
	trees, follow bool
	force, update bool
	parents       bool
	sums          bool
	rate          int64 // bytes a second, or 0
}

func newTransferOptions(in command.Invocation) (transferOptions, error) {
	w := transferOptions{trees: in.Has("r"), follow: in.Has("L"), force: in.Has("f"), parents: in.Has("p"), update: in.Has("u"), sums: in.Has("sum")}
	if sum, _ := in.Value("sum"); w.sums && sum != "sha256" {
		return w, &console.UsageError{Err: fmt.Errorf("--sum %s: sha256 is the only one", codec.Name(sum))}
	}
	if rate, ok := in.Value("limit"); ok {
		var err error
		if w.rate, err = console.ParseSize(rate); err != nil || w.rate == 0 {
			return w, console.WithHint(&console.UsageError{Err: fmt.Errorf("--limit %s: no rate", codec.Name(rate))}, "bytes a second, such as 500k or 2M")
		}
	}
	return w, nil
}

// transfer begins what a get or a put asks for, and cuts its words: what, and
// where to, if that is said.
func newTransfer(env *command.Env, in command.Invocation) (e *transferRun, from []codec.Word, to codec.Word, err error) {
	w, err := newTransferOptions(in)
	if err != nil {
		return nil, nil, to, err
	}
	from = in.Words
	if n := len(from); n > 1 {
		from, to = from[:n-1], from[n-1]
	}
	e = newTransferRun(env, w)
	e.alone = len(from) == 1 && !client.IsPattern(from[0]) && !w.trees
	return e, from, to, nil
}

// parentsHint tells how to have the folders that a target needs.
func parentsHint(err error) error {
	if err != nil && console.HintOf(err) == "" && errors.Is(err, &codec.Error{Code: codec.NotFound}) {
		return console.WithHint(err, "-p makes the folders that are missing")
	}
	return err
}

// eitherFolder completes the two folders of sync: one of the side that stands
// in front, or the sides.
func eitherFolder(ctx context.Context, env *command.Env, w codec.Word) (list []command.Candidate) {
	side, path, ok := strings.Cut(w.Text, ":")
	typed := codec.Word{Text: path, Quoted: w.Quoted}
	switch {
	case ok && side == "l":
		list = command.LocalFolder(ctx, env, typed)
	case ok && side == "r":
		list = command.RemoteFolder(ctx, env, typed)
	default:
		for _, c := range command.MatchPrefix(w.Text, []string{"l:", "r:"}) {
			list = append(list, command.Candidate{Text: c.Text, More: true, Label: c.Label})
		}
		return list
	}
	for i := range list {
		list[i].Text = side + ":" + list[i].Text
	}
	return list
}
