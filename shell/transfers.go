package shell

import (
	"context"
	"errors"
	"fmt"

	"techsh/codec"
	"techsh/codec/transfer"
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
			kinds: []kind{remotePath}, verb: "GET", run: get, options: options("fetches", "here"),
			examples: []string{"get report.pdf", "get -r logs/*.d backup", "get big.iso -"},
		},
		{
			names: []string{"put"}, synopsis: "[-r] [-L] [-f] [-p] [-u] [--sum sha256] [--limit RATE] PATH|PATTERN… [TARGET]", least: 1, most: -1,
			line:  "sends files there, -r folders; PATH - is standard input",
			kinds: []kind{localFile}, verb: "PUT", run: put, options: options("sends", "there"),
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
		return w, &misuse{fmt.Errorf("--sum %s: sha256 is the only one", codec.Name(sum))}
	}
	if rate, ok := in.Value("limit"); ok {
		var err error
		if w.rate, err = bytesOf(rate); err != nil || w.rate == 0 {
			return w, withHint(&misuse{fmt.Errorf("--limit %s: no rate", codec.Name(rate))}, "bytes a second, such as 500k or 2M")
		}
	}
	return w, nil
}

// transfer begins what a get or a put asks for, and cuts its words: what, and
// where to, if that is said.
func (s *Shell) transfer(in invocation) (e *errand, from []codec.Word, to codec.Word, err error) {
	w, err := wishesOf(in)
	if err != nil {
		return nil, nil, to, err
	}
	from = in.Words
	if n := len(from); n > 1 {
		from, to = from[:n-1], from[n-1]
	}
	e = s.errand(w)
	e.alone = len(from) == 1 && !isPattern(from[0]) && !w.trees
	return e, from, to, nil
}

// forceHint tells how to replace what is there.
func forceHint(err error) error {
	if err != nil && hintOf(err) == "" && errors.Is(err, &codec.Error{Code: codec.Exists}) {
		return withHint(err, "-f replaces it")
	}
	return err
}

// parentsHint tells how to have the folders that a target needs.
func parentsHint(err error) error {
	if err != nil && hintOf(err) == "" && errors.Is(err, &codec.Error{Code: codec.NotFound}) {
		return withHint(err, "-p makes the folders that are missing")
	}
	return err
}

// isDash says whether a word means a standard stream.
func isDash(w codec.Word) bool { return w.Text == "-" && !w.Quoted }

// isPattern says whether a word may stand for several.
func isPattern(w codec.Word) bool { return codec.HasPattern(w.Text) }

// localPath is the absolute path of a local name that was typed.
func localPath(dir, path string) string { return transfer.Join(dir, path) }

// local expands a local word: home, patterns.
func (s *Shell) local(ctx context.Context, w codec.Word) ([]string, error) {
	return transfer.Expand(ctx, transfer.OS{}, s.Dir, w)
}

// CallWords are those of a call.
type callWords []codec.Word

// add adds an option, if it is wanted.
func (w *callWords) add(wanted bool, texts ...string) {
	for _, t := range texts {
		if wanted {
			*w = append(*w, codec.Bare(t))
		}
	}
}

// batches cuts words so that each call has room for its own.
func batches(words []codec.Word) func(yield func([]codec.Word) bool) {
	return func(yield func([]codec.Word) bool) {
		for len(words) > 0 {
			n, size := 0, 0
			for n < len(words) && (n == 0 || size < codec.MaxWords/4) {
				size += len(words[n].Text)
				n++
			}
			if !yield(words[:n]) {
				return
			}
			words = words[n:]
		}
	}
}
