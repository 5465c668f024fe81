package verb

import (
	"context"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
)

// A Row describes a verb. HELP, the list of verbs in HELO and usage errors are made from
// the rows.
type Row struct {
	Verb         string   // the verb as sent on the wire, at most 4 letters
	Long         []string // longer words for the verb, accepted when it is typed by hand
	Synopsis     string   // the words after the verb
	Line         string   // a description that fits on one line
	Options      []codec.Option
	OptionsFirst bool         // the options end at the first word that is not an option
	Stream       bool         // a call may have a stream
	Right        trust.Rights // the right that a peer needs to call it
	// Plan returns what a call will do. If the server was told to ask, it asks the person
	// at this computer about this plan. Plan is nil for verbs that need no question.
	Plan func(ctx context.Context, r *Request) (Plan, error)
	// Check is called before anybody is asked about a call. It returns the reason not to
	// carry out the call, or nil. Check itself may be nil.
	Check func(r *Request) error
	Hand  string // help for people who type the verb by hand and read its answer
	Run   func(ctx context.Context, r *Request) (codec.Pairs, error)
}

// Name returns the verb as it is typed.
func (r Row) Name() string { return strings.ToLower(r.Verb) }

// Usage returns the verb with its synopsis.
func (r Row) Usage() string { return strings.TrimSpace(r.Verb + " " + r.Synopsis) }

// UsesFiles reports whether a call of the verb accesses files on behalf of the peer.
func (r Row) UsesFiles() bool {
	return r.Right&(trust.Dir|trust.Get|trust.Put|trust.Del|trust.Exec) != 0 && r.Verb != "KILL"
}

// Means reports whether a typed word means the verb of the row.
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

// Manual returns the complete help for the verb.
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

// A Table lists the verbs of a server.
type Table []Row

// Find returns the row for a call. It looks for the verb of the call and, if the call was
// typed by hand, for the typed word.
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
