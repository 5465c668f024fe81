package remote

import (
	"cmp"
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
)

// A row is a verb: everything the server knows of it. Help by hand, the list
// in HELO and the usage errors are rendered from the rows.
type row struct {
	verb     string   // on the wire, at most 4 letters
	long     []string // words that mean it by hand
	synopsis string   // its words
	line     string   // what it does
	options  []codec.Option
	leading  bool         // options end at the first word that is none
	stream   bool         // it may take a stream
	right    trust.Rights // what who calls it must have
	asks     bool         // the person here may want to be asked before
	run      func(ctx context.Context, r *request) (codec.Pairs, error)
}

// rows returns the verb table.
func rows() []row {
	return slices.Concat(machineRows(), listingRows(), searchRows(), fileRows(), transferRows(), programRows(), processRows(), networkRows(), screenRows())
}

// table returns the verb table, and is the only way to it: who was not let in
// has no Guest to show.
func (s *Server) table(g *Guest) []row {
	if g == nil || g.may == nil {
		return nil
	}
	return s.known().rows
}

// find returns the row that a call means: its verb, or what was typed.
func find(table []row, c *link.Call) (row, error) {
	for _, r := range table {
		if c.Verb == codec.MakeVerb(r.verb) || c.Word != "" && slices.Contains(r.long, c.Word) {
			return r, nil
		}
	}
	name := c.Word
	if name == "" {
		name = c.Verb.String()
	}
	return row{}, &codec.Error{Code: codec.UnknownVerb, Name: name, Hint: "HELP lists the verbs"}
}

// name is the verb as it is typed.
func (r row) name() string { return strings.ToLower(r.verb) }

func (r row) usage() string {
	return strings.TrimSpace(r.verb + " " + r.synopsis)
}

// A request is a call with its row's options taken out.
type request struct {
	*link.Call
	*session
	row  row
	args codec.Args
	line string

	// for the logs
	untold bool // it was refused, and that is not told of
	pairs  codec.Pairs
	sum    string // of the one file that it was about
	took   time.Duration
}

// name is the verb as it is typed, if there is one.
func (r *request) name() string { return cmp.Or(r.row.name(), "?") }

// guarded runs the row, whose panic must end this session only.
func (r *request) guarded(ctx context.Context) (pairs codec.Pairs, err error) {
	defer r.recovered(&err)
	return r.row.run(ctx, r)
}

// recovered makes a panic an error that ends the session; what and where it was
// is for the log only.
func (r *request) recovered(err *error) {
	if p := recover(); p != nil {
		r.log.Error("panic", "verb", r.name(), "value", p, "stack", string(debug.Stack()))
		*err = link.Fatal(codec.Errorf(codec.Internal, "the server made a mistake in this call: its log has the details"))
	}
}

// said is what was asked for, for people here: of a command line without the
// "--" that programs put in front of what people type.
func (r *request) said() string {
	if r.row.leading {
		return codec.Show(strings.TrimPrefix(r.line, "-- "))
	}
	return codec.Show(r.line)
}

// need refuses a call with fewer words than low or more than high (-1: any).
func (r *request) need(low, high int) error {
	n := len(r.args.Words)
	switch {
	case n < low:
		return codec.Errorf(codec.BadRequest, "too few words: %s", r.row.usage())
	case high >= 0 && n > high:
		return codec.Errorf(codec.BadRequest, "too many words: %s", r.row.usage())
	}
	return nil
}

// text answers a line for people.
func (r *request) text(format string, args ...any) error {
	return r.Write(codec.DATA, fmt.Appendf(nil, format+"\n", args...))
}

// each runs do for every path that the words stand for. The failure of a
// single one is the answer; of several, each is a NOTE and the rest goes on.
func (r *request) each(ctx context.Context, words []codec.Word, do func(path string) error) error {
	var t tally
	if err := r.every(ctx, words, &t, do); err != nil {
		return err
	}
	return t.partial()
}

// every is each, whose tally goes on.
func (r *request) every(ctx context.Context, words []codec.Word, t *tally, do func(path string) error) error {
	for _, w := range words {
		paths, err := r.expand(ctx, w)
		if err != nil {
			paths = []string{w.Text}
		}
		alone := len(words) == 1 && len(paths) == 1
		for _, p := range paths {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			perr := err
			if perr == nil {
				perr = do(p)
			}
			if err := r.count(ctx, t, alone, p, perr); err != nil {
				return err
			}
		}
	}
	return nil
}

// A tally counts what of several things has failed.
type tally struct{ failed, done int }

// count adds one thing to t. Its error ends the call: it is that of a thing
// alone, or of the connection.
func (r *request) count(ctx context.Context, t *tally, alone bool, name string, err error) error {
	switch {
	case err == nil:
		t.done++
		return nil
	case alone || ctx.Err() != nil || r.Err() != nil:
		return codec.Explain(name, err)
	}
	t.failed++
	return r.note(name, err)
}

// note answers that one thing failed and the rest goes on.
func (r *request) note(name string, err error) error {
	return r.WriteWords(codec.NOTE, codec.Explain(name, err).Note()...)
}

// partial is the final answer when some of several things have failed. counts
// tell what has become of the others.
func (t tally) partial(counts ...codec.Pair) error {
	if t.failed == 0 {
		return nil
	}
	return &codec.Error{
		Code: codec.Partial, Text: fmt.Sprintf("%d of %d failed", t.failed, t.failed+t.done),
		More: append(codec.Pairs{codec.PairOf("failed", t.failed), codec.PairOf("done", t.done)}, counts...),
	}
}
