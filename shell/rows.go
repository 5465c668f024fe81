package shell

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"techsh/codec"
)

// A kind completes a word of a command: it returns what the word can become.
// Nil is a word that nobody can complete.
type kind func(ctx context.Context, env *Env, w codec.Word) []candidate

// A row is a command: everything the shell knows of it. Help, usage errors,
// completion, suggestions and the README's table are rendered from the rows.
type row struct {
	names    []string // its name and its other names
	synopsis string   // its words
	line     string   // what it does, one line
	only     []string // keys of the options that help and completion know; nil is all
	examples []string
	options  []codec.Option
	leading  bool            // options end at the first word that is none
	verbatim bool            // behind them, the rest of the line is one word as it was typed
	dashed   bool            // one dash will do for its long options, as for those of find everywhere
	least    int             // how many words it needs
	most     int             // and takes at the most; -1 is any number
	kinds    []kind          // of its words; the last is that of all further ones
	values   map[string]kind // of the arguments of options, by the option's key
	target   kind            // of the last of two words or more, if it is another
	verb     string          // what the remote must be able to do; "" is nothing
	passes   bool            // alone, it passes on a program's exit status
	moves    bool            // it changes the connection that it runs on
	reaches  bool            // it makes connections of its own: a run of nothing else begins without one
	explains bool            // its words are another command
	frames   bool            // it is about frames, which are not what crosses in a dialect
	run      func(ctx context.Context, env *Env, in invocation) error
}

// An invocation is one use of a row.
type invocation struct {
	codec.Args
	row  row
	name string   // as it was typed
	of   *command // that it explains
}

// A Table is the commands of a session.
type Table struct {
	Rows   []row
	Offers func(r row) bool // reports whether the remote can do what a row needs; nil is always
}

func (t Table) offers(r row) bool { return t.Offers == nil || t.Offers(r) }

func (r row) name() string { return r.names[0] }

func (r row) usage() string { return strings.TrimSpace(strings.Join(r.names, "|") + " " + r.synopsis) }

// Find returns the command that name means, in any case; with prefixes also
// the beginning of a single one's name, of those that the remote offers.
func (t Table) Find(name string, prefixes bool) (row, error) {
	low := strings.ToLower(name)
	var begin []row
	for _, r := range t.Rows {
		if slices.Contains(r.names, low) {
			return r, nil
		}
		if t.offers(r) && slices.ContainsFunc(r.names, func(n string) bool { return strings.HasPrefix(n, low) }) {
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
			names = append(names, r.name())
		}
		return row{}, WithHint(err, "it could be "+strings.Join(names, ", "))
	}
	if near := t.nearest(low); near != "" {
		return row{}, WithHint(err, "did you mean "+near+"?")
	}
	return row{}, WithHint(err, "help lists the commands")
}

// nearest returns the command name that name was probably meant to be.
func (t Table) nearest(name string) string {
	best, least := "", 1+len(name)/3+1
	for _, r := range t.Rows {
		for _, n := range r.names {
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
func (r row) invoke(name string, words []codec.Word) (invocation, error) {
	if r.dashed {
		words = doubleDashed(words, r.options)
	}
	args, err := codec.Options(words, r.options, r.leading)
	n := len(args.Words)
	switch {
	case err != nil:
	case n < r.least:
		err = fmt.Errorf("too few words")
	case r.most >= 0 && n > r.most:
		err = fmt.Errorf("too many words")
	}
	if err != nil {
		return invocation{}, WithHint(fmt.Errorf("%s: %w", name, err), "usage: "+r.usage())
	}
	return invocation{Args: args, row: r, name: name}, nil
}

// help is the manual of one command.
func (r row) help(p Palette) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n  %s\n", p.Bold(strings.Join(r.names, "|")), r.synopsis, r.line)
	for _, o := range r.shownOptions() {
		fmt.Fprintf(&b, "  %-12s %s\n", o, o.Line)
	}
	for i, e := range r.examples {
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
		synopsis := strings.ReplaceAll(r.usage(), "|", "\\|")
		fmt.Fprintf(&b, "| `%s` | %s |\n", synopsis, r.line)
	}
	return b.String()
}

// Verbs returns the verbs that the commands need.
func (t Table) Verbs() []string {
	var verbs []string
	for _, r := range t.Rows {
		if r.verb != "" {
			verbs = append(verbs, r.verb)
		}
	}
	return verbs
}

// optionNames lists what a command can be given, for completion.
func (r row) optionNames() []string {
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
