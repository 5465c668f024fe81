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

// A Kind completes a word of a command: it returns the candidates. Words with a nil
// Kind cannot be completed.
type Kind func(ctx context.Context, env *Env, w codec.Word) Candidates

// A Row describes a command. Help, usage errors, completion, suggestions and the
// table in the README are generated from it.
type Row struct {
	Names        []string // in lower case; the first is the main name
	Synopsis     string   // the arguments as shown by help
	Line         string   // a one-line description
	Examples     []string
	Options      []codec.Option
	ShownKeys    []string        // keys of the options that help and completion show; nil means all
	OptionsFirst bool            // the options end at the first word that is not an option
	Verbatim     bool            // after the options, the rest of the line is a single word, verbatim
	SingleDash   bool            // long options may have a single dash, like those of find
	MinWords     int             // minimum number of words, not counting options
	MaxWords     int             // maximum number of words; -1 means no limit
	Kinds        []Kind          // the kinds of the words; the last kind applies to all further words
	Values       map[string]Kind // the kinds of the arguments of options, by key of the option
	Target       Kind            // the kind of all words but the first, if not nil
	Verb         string          // the verb that the remote must offer; "" means none
	PassesStatus bool            // if it is the only command, techsh exits with the status of its program
	MovesSession bool            // changes the session's connection, so it cannot run in the background
	Dials        bool            // does not use the session's connection, which need not be opened for it
	Explains     bool            // its arguments are another command, which is not run
	FramesOnly   bool            // works only with frames, so it is not offered in a dialect
	Dialect      *DialectRow     // how it is shown in a dialect; nil means unchanged

	Run func(ctx context.Context, env *Env, in Invocation) error
}

// Name returns the main name of the command.
func (r Row) Name() string { return r.Names[0] }

// Usage returns the names and the synopsis: "dir|ls [-a] [PATH]".
func (r Row) Usage() string { return strings.TrimSpace(strings.Join(r.Names, "|") + " " + r.Synopsis) }

// An Invocation is a call of a command with its arguments.
type Invocation struct {
	codec.Args
	Row       Row
	Name      string   // as typed, in lower case
	Explained *Command // the command in the arguments if Row.Explains is set
}

// CallWords returns the words of a call: the given options whose names are among names,
// and then the words of the invocation. The names have no dashes.
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

// An ExitError is returned by a command whose program has ended with a status other
// than 0.
type ExitError struct {
	Program string // as typed
	Reason  string // such as "exit status 3"
	Status  int    // the exit status for techsh
}

// Error returns a text such as "name: exit status 3".
func (e *ExitError) Error() string { return codec.Show(e.Program) + ": " + e.Reason }

// IsStandardStream reports whether a word is "-", which means standard input or
// standard output.
func IsStandardStream(w codec.Word) bool { return w.Text == "-" && !w.Quoted }

// A Table is the commands of a session.
type Table struct {
	Rows   []Row
	Offers func(r Row) bool // reports whether the remote offers what a row needs; nil means always
}

func (t Table) offers(r Row) bool { return t.Offers == nil || t.Offers(r) }

// Find returns the command called name, ignoring case. If prefixes is set, name may
// also be a prefix that is unique among the offered commands.
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

// nearest returns the command name that is most similar to name, or "" if none is
// similar.
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

// distance returns the number of letters that must be inserted, removed, replaced or
// swapped with their neighbour to turn a into b (optimal string alignment).
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

// invoke returns the invocation of the row with the given words. If it returns an error,
// the hint of the error is the usage.
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

// doubleDashed returns words with two dashes before each long option.
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
