package command

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/shell/client"
	"techsh/shell/console"
)

// A Kind completes a word of a command: it returns what the word can become. Nil is
// the kind of a word that cannot be completed.
type Kind func(ctx context.Context, env *Env, w codec.Word) []Candidate

// A Row is a command: help, usage errors, completion, suggestions and the README's
// table are rendered from it.
type Row struct {
	Names        []string // in lower case; the first is the command's own
	Synopsis     string   // the words behind the name, as help shows them
	Line         string   // what the command does, in one line
	Examples     []string
	Options      []codec.Option
	ShownKeys    []string        // keys of the options that help and completion show; nil is all
	OptionsFirst bool            // options end at the first word that is none
	Verbatim     bool            // behind the options, the rest of the line is one word, as typed
	SingleDash   bool            // long options may have one dash, as those of find do
	MinWords     int             // how many words it needs, options not counted
	MaxWords     int             // how many words it takes; -1 is any number
	Kinds        []Kind          // of the words; the last is that of all further ones
	Values       map[string]Kind // of the arguments of options, by the key of the option
	Target       Kind            // of the words behind the first, if that is another; nil is as in Kinds
	Verb         string          // what the remote must offer; "" is nothing
	PassesStatus bool            // a run of this command alone passes on a program's exit status
	MovesSession bool            // it changes the connection it runs on, and is of no use in the background
	Dials        bool            // it needs no connection of the session: a run of such commands begins without
	Explains     bool            // its words are another command, which is not run
	FramesOnly   bool            // it is about frames, and is not offered where a dialect is spoken
	Dialect      *DialectRow     // how it is shown where a dialect is spoken; nil is as ever

	Run func(ctx context.Context, env *Env, in Invocation) error
}

// Name returns the command's own name.
func (r Row) Name() string { return r.Names[0] }

// Usage returns the names and the synopsis: "dir|ls [-a] [PATH]".
func (r Row) Usage() string { return strings.TrimSpace(strings.Join(r.Names, "|") + " " + r.Synopsis) }

// An Invocation is one use of a row.
type Invocation struct {
	codec.Args
	Row       Row
	Name      string   // as typed, in lower case
	Explained *Command // the command that the words are, where Row.Explains is set
}

// CallWords returns the words of a call: those of the options that were given,
// which names gives without dashes, and the words of the invocation.
func (in Invocation) CallWords(names ...string) []codec.Word {
	var words []codec.Word
	for _, n := range names {
		switch {
		case !in.Has(n):
		case len(n) == 1:
			words = append(words, codec.Bare("-"+n))
		default:
			words = append(words, codec.Bare("--"+n))
		}
	}
	return append(words, client.Operands(in.Words)...)
}

// An ExitError is the error of a command whose program has ended with another
// status than 0.
type ExitError struct {
	Program string // as it was named
	Reason  string // "exit status 3"
	Status  int    // that techsh may pass on
}

// Error returns "name: exit status 3".
func (e *ExitError) Error() string { return codec.Show(e.Program) + ": " + e.Reason }

// IsStandardStream reports whether a word is "-", which means standard input or
// output.
func IsStandardStream(w codec.Word) bool { return w.Text == "-" && !w.Quoted }

// A Table is the commands of a session.
type Table struct {
	Rows   []Row
	Offers func(r Row) bool // reports whether the remote offers what a row needs; nil is always
}

func (t Table) offers(r Row) bool { return t.Offers == nil || t.Offers(r) }

// Find returns the command of a name, in any case. With prefixes, name may also be
// the beginning of the names of one command, of those that the remote offers.
func (t Table) Find(name string, prefixes bool) (Row, error) {
	low := strings.ToLower(name)
	var begin []Row
	for _, r := range t.Rows {
		if slices.Contains(r.Names, low) {
			return r, nil
		}
		if t.offers(r) && slices.ContainsFunc(r.Names, func(n string) bool { return strings.HasPrefix(n, low) }) {
			begin = append(begin, r)
		}
	}
	if prefixes && len(begin) == 1 {
		return begin[0], nil
	}
	err := fmt.Errorf("%s: unknown command", codec.Name(name))
	if len(begin) > 1 && prefixes {
		var names []string
		for _, r := range begin {
			names = append(names, r.Name())
		}
		return Row{}, console.WithHint(err, "it could be "+strings.Join(names, ", "))
	}
	if near := t.nearest(low); near != "" {
		return Row{}, console.WithHint(err, "did you mean "+near+"?")
	}
	return Row{}, console.WithHint(err, "help lists the commands")
}

// nearest returns the command name that name is probably a typo of, or "".
func (t Table) nearest(name string) string {
	best, least := "", 1+len(name)/3+1
	for _, r := range t.Rows {
		for _, n := range r.Names {
			if d := distance(name, n); len(n) > 1 && d < least && t.offers(r) {
				best, least = n, d
			}
		}
	}
	return best
}

// distance returns how many letters have to be inserted, removed, replaced or
// swapped with their neighbour to make b of a (optimal string alignment).
func distance(a, b string) int {
	var before []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		next := make([]int, len(b)+1)
		next[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			next[j] = min(row[j]+1, next[j-1]+1, row[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				next[j] = min(next[j], before[j-2]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}

// invoke makes words an invocation of the row. Its error has the usage as hint.
func (r Row) invoke(name string, words []codec.Word) (Invocation, error) {
	if r.SingleDash {
		words = doubleDashed(words, r.Options)
	}
	args, err := codec.Options(words, r.Options, r.OptionsFirst)
	n := len(args.Words)
	switch {
	case err != nil:
	case n < r.MinWords:
		err = fmt.Errorf("too few words")
	case r.MaxWords >= 0 && n > r.MaxWords:
		err = fmt.Errorf("too many words")
	}
	if err != nil {
		return Invocation{}, console.WithHint(fmt.Errorf("%s: %w", name, err), "usage: "+r.Usage())
	}
	return Invocation{Args: args, Row: r, Name: name}, nil
}

// doubleDashed returns words in which a long option has two dashes.
func doubleDashed(words []codec.Word, options []codec.Option) []codec.Word {
	words = slices.Clone(words)
	for i, w := range words {
		if w.Text == "--" && !w.Quoted {
			break
		}
		name, ok := strings.CutPrefix(w.Text, "-")
		if ok && !w.Quoted && slices.ContainsFunc(options, func(o codec.Option) bool { return o.Long == name }) {
			words[i].Text = "-" + w.Text
		}
	}
	return words
}
