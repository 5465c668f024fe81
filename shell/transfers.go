package shell

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"techsh/codec"
)

// get.go, with arriving.go, and put.go have one direction each; wanted.go and
// offered.go decide what crosses at all, and difference.go asks. Package compare knows what two trees
// have alike, sync.go makes them alike. errand.go says what has become of it.

func transferRows() []row {
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
	return []row{
		{
			names: []string{"get"}, synopsis: "[-r] [-L] [-f] [-p] [-u] [--sum sha256] [--limit RATE] PATH|PATTERN… [TARGET]", least: 1, most: -1,
			line:  "fetches files to here, -r folders; TARGET - is standard output",
			kinds: []kind{remotePath}, target: localFile, verb: "GET", run: get, options: options("fetches", "here"),
			examples: []string{"get report.pdf", "get -r logs/*.d backup", "get big.iso -"},
		},
		{
			names: []string{"put"}, synopsis: "[-r] [-L] [-f] [-p] [-u] [--sum sha256] [--limit RATE] PATH|PATTERN… [TARGET]", least: 1, most: -1,
			line:  "sends files there, -r folders; PATH - is standard input",
			kinds: []kind{localFile}, target: remotePath, verb: "PUT", run: put, options: options("sends", "there"),
			examples: []string{"put setup.exe", `put -r *.cfg plugins C:\app`, "put - notes.txt"},
		},
		{
			names: []string{"sync"}, synopsis: "[-n] [--delete] l:FOLDER r:FOLDER | r:FOLDER l:FOLDER", least: 2, most: 2,
			line: "makes the second folder like the first; l: is here, r: is there", kinds: []kind{eitherFolder}, verb: "FIND", run: synchronise,
			options: []codec.Option{
				{Short: 'n', Line: "only says what it would do: size and time tell files apart, modes do not, nor folders' times"},
				{Long: "delete", Line: "deletes what the first has not; a prompt asks before, a script says how much"},
			},
			examples: []string{"sync -n l:site r:www", `sync --delete "r:My Documents" l:backup`},
		},
	}
}

// Wishes are what the options of get and put ask for.
type wishes struct {
	trees, follow bool
	force, update bool
	parents       bool
	sums          bool
	rate          int64 // bytes a second, or 0
}

func wishesOf(in invocation) (wishes, error) {
	w := wishes{trees: in.Has("r"), follow: in.Has("L"), force: in.Has("f"), parents: in.Has("p"), update: in.Has("u"), sums: in.Has("sum")}
	if sum, _ := in.Value("sum"); w.sums && sum != "sha256" {
		return w, &UsageError{Err: fmt.Errorf("--sum %s: sha256 is the only one", codec.Name(sum))}
	}
	if rate, ok := in.Value("limit"); ok {
		var err error
		if w.rate, err = ParseSize(rate); err != nil || w.rate == 0 {
			return w, WithHint(&UsageError{Err: fmt.Errorf("--limit %s: no rate", codec.Name(rate))}, "bytes a second, such as 500k or 2M")
		}
	}
	return w, nil
}

// transfer begins what a get or a put asks for, and cuts its words: what, and
// where to, if that is said.
func newTransfer(env *Env, in invocation) (e *errand, from []codec.Word, to codec.Word, err error) {
	w, err := wishesOf(in)
	if err != nil {
		return nil, nil, to, err
	}
	from = in.Words
	if n := len(from); n > 1 {
		from, to = from[:n-1], from[n-1]
	}
	e = newErrand(env, w)
	e.alone = len(from) == 1 && !IsPattern(from[0]) && !w.trees
	return e, from, to, nil
}

// forceHint tells how to replace what is there.
func forceHint(err error) error {
	if err != nil && HintOf(err) == "" && errors.Is(err, &codec.Error{Code: codec.Exists}) {
		return WithHint(err, "-f replaces it")
	}
	return err
}

// parentsHint tells how to have the folders that a target needs.
func parentsHint(err error) error {
	if err != nil && HintOf(err) == "" && errors.Is(err, &codec.Error{Code: codec.NotFound}) {
		return WithHint(err, "-p makes the folders that are missing")
	}
	return err
}

// isDash says whether a word means a standard stream.
func isDash(w codec.Word) bool { return w.Text == "-" && !w.Quoted }

// eitherFolder completes the two folders of sync: one of the side that stands
// in front, or the sides.
func eitherFolder(ctx context.Context, env *Env, w codec.Word) (list []candidate) {
	side, path, ok := strings.Cut(w.Text, ":")
	typed := codec.Word{Text: path, Quoted: w.Quoted}
	switch {
	case ok && side == "l":
		list = localFolder(ctx, env, typed)
	case ok && side == "r":
		list = remoteFolder(ctx, env, typed)
	default:
		for _, c := range plain(w.Text, []string{"l:", "r:"}) {
			list = append(list, candidate{c.text, true, c.label})
		}
		return list
	}
	for i := range list {
		list[i].text = side + ":" + list[i].text
	}
	return list
}
