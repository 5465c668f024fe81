package verb

import (
	"context"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
)

// A Row is all that the server knows of a verb. Help by hand, the list in HELO
// and the usage errors are rendered from the rows.
type Row struct {
	Verb     string   // on the wire, at most 4 letters
	Long     []string // words that mean it by hand
	Synopsis string   // its words
	Line     string   // what it does
	Options  []codec.Option
	Leading  bool         // options end at the first word that is not an option
	Stream   bool         // it may take a stream
	Right    trust.Rights // that a peer needs to call it
	Asks     bool         // the person at this computer may want to be asked first
	Hand     string       // how it is typed by hand, and how its answer reads
	Run      func(ctx context.Context, r *Request) (codec.Pairs, error)
}

// Name returns the verb as it is typed.
func (r Row) Name() string { return strings.ToLower(r.Verb) }

// Usage returns the verb with its synopsis.
func (r Row) Usage() string { return strings.TrimSpace(r.Verb + " " + r.Synopsis) }

// Means reports whether a word that was typed is the verb of the row.
func (r Row) Means(word string) bool {
	word = strings.ToLower(word)
	return word == r.Name() || slices.Contains(r.Long, word)
}

const (
	helpWidth  = 80
	helpColumn = 34 // where the second column begins
)

// Summary returns the row as a line of help, wrapped to the width of a
// terminal.
func (r Row) Summary() string {
	text := pad(r.Name()+" "+r.Synopsis, helpColumn)
	at := len([]rune(text))
	for i, word := range strings.Fields(r.Line) {
		n := len([]rune(word))
		switch {
		case i == 0 && at == helpColumn:
		case i == 0 || at+1+n > helpWidth:
			text = strings.TrimRight(text, " ") + "\n" + strings.Repeat(" ", helpColumn)
			at = helpColumn
		default:
			text += " "
			at++
		}
		text += word
		at += n
	}
	return text + "\n"
}

// Manual returns all that a person can know of the row.
func (r Row) Manual() string {
	var b strings.Builder
	b.WriteString(r.Summary())
	for _, o := range r.Options {
		b.WriteString("  " + pad(o.String(), helpColumn) + o.Line + "\n")
	}
	if len(r.Long) > 0 {
		b.WriteString("  by hand also: " + strings.Join(r.Long, " ") + "\n")
	}
	return b.String() + r.Hand
}

func pad(s string, n int) string { return s + strings.Repeat(" ", max(1, n-len([]rune(s)))) }

// A Table is the verbs of a server.
type Table []Row

// Find returns the row that a call means: its verb, or the word that was typed.
func (t Table) Find(c *link.Call) (Row, error) {
	for _, r := range t {
		if c.Verb == codec.MakeVerb(r.Verb) || c.Word != "" && slices.Contains(r.Long, c.Word) {
			return r, nil
		}
	}
	name := c.Word
	if name == "" {
		name = c.Verb.String()
	}
	return Row{}, Unknown(name)
}

// Unknown returns the error for a verb that does not exist.
func Unknown(name string) error {
	return &codec.Error{Code: codec.UnknownVerb, Name: name, Hint: "HELP lists the verbs"}
}
