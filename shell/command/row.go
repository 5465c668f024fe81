package command

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/shell/client"
	"techsh/shell/console"
)

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

// An ExitError says that a program has ended with another status than 0.
type ExitError struct {
	Program string // as it was named
	Reason  string // "exit status 3"
	Status  int
}

// Error gives "name: exit status 3".
func (e *ExitError) Error() string { return codec.Show(e.Program) + ": " + e.Reason }

// A Kind completes a word of a command: it returns what the word can become.
// Nil is a word that nobody can complete.
type Kind func(ctx context.Context, env *Env, w codec.Word) []Candidate

// A Row is a command: everything the shell knows of it. Help, usage errors,
// completion, suggestions and the README's table are rendered from the rows.
type Row struct {
	Names        []string // its name and its other names
	Synopsis     string   // its words
	Line         string   // what it does, one line
	ShownKeys    []string // keys of the options that help and completion know; nil is all
	Examples     []string
	Options      []codec.Option
	OptionsFirst bool            // options end at the first word that is none
	Verbatim     bool            // behind them, the rest of the line is one word as it was typed
	SingleDash   bool            // one dash will do for its long options, as for those of find everywhere
	MinWords     int             // how many words it needs
	MaxWords     int             // and takes at the most; -1 is any number
	Kinds        []Kind          // of its words; the last is that of all further ones
	Values       map[string]Kind // of the arguments of options, by the option's key
	Target       Kind            // of the last of two words or more, if it is another
	Verb         string          // what the remote must be able to do; "" is nothing
	PassesStatus bool            // alone, it passes on a program's exit status
	MovesSession bool            // it changes the connection that it runs on
	Dials        bool            // it makes connections of its own: a run of nothing else begins without one
	Explains     bool            // its words are another command
	FramesOnly   bool            // it is about frames, which are not what crosses in a dialect
	Dialect      *DialectRow     // how it is shown where a dialect of the course is spoken; nil is as ever
	Run          func(ctx context.Context, env *Env, in Invocation) error
}

// An Invocation is one use of a row.
type Invocation struct {
	codec.Args
	Row       Row
	Name      string   // as it was typed
	Explained *Command // that it explains
}

// A Table is the commands of a session.
type Table struct {
	Rows   []Row
	Offers func(r Row) bool // reports whether the remote can do what a row needs; nil is always
}

func (t Table) offers(r Row) bool { return t.Offers == nil || t.Offers(r) }

func (r Row) Name() string { return r.Names[0] }

func (r Row) Usage() string { return strings.TrimSpace(strings.Join(r.Names, "|") + " " + r.Synopsis) }

// Find returns the command that name means, in any case; with prefixes also
// the beginning of a single one's name, of those that the remote offers.
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

// nearest returns the command name that name was probably meant to be.
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

// distance is how many letters must be put in, left out, changed or swapped
// with their neighbour (optimal string alignment).
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

// invoke makes words an invocation of the row, or says how it is used.
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

// Help is the manual of one command.
func (r Row) Help(p console.Palette) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n  %s\n", p.Bold(strings.Join(r.Names, "|")), r.Synopsis, r.Line)
	for _, o := range r.shownOptions() {
		fmt.Fprintf(&b, "  %-12s %s\n", o, o.Line)
	}
	for i, e := range r.Examples {
		label := "for example"
		if i > 0 {
			label = "           "
		}
		fmt.Fprintf(&b, "  %s  %s\n", p.Dim(label), e)
	}
	return b.String()
}

// Markdown renders the commands as a table.
func (t Table) Markdown() string {
	var b strings.Builder
	b.WriteString("| command | what it does |\n|---|---|\n")
	for _, r := range t.Rows {
		synopsis := strings.ReplaceAll(r.Usage(), "|", "\\|")
		fmt.Fprintf(&b, "| `%s` | %s |\n", synopsis, r.Line)
	}
	return b.String()
}

// Verbs returns the verbs that the commands need.
func (t Table) Verbs() []string {
	var verbs []string
	for _, r := range t.Rows {
		if r.Verb != "" {
			verbs = append(verbs, r.Verb)
		}
	}
	return verbs
}

// optionNames lists what a command can be given, for completion.
func (r Row) optionNames() []string {
	var names []string
	for _, o := range r.shownOptions() {
		if o.Short != 0 {
			names = append(names, "-"+string(rune(o.Short)))
		}
		if o.Long != "" {
			names = append(names, "--"+o.Long)
		}
	}
	slices.SortFunc(names, cmp.Compare[string])
	return names
}

// doubleDashed makes -name of a long option --name.
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

// IsStandardStream says whether a word means a standard stream.
func IsStandardStream(w codec.Word) bool { return w.Text == "-" && !w.Quoted }
