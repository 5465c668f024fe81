package verb

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote/disk"
)

// A Request is a call whose options have been read.
type Request struct {
	Row  Row
	Call *link.Call // what is written to it is part of the answer
	Args codec.Args
	Line string     // the words as they came
	View *disk.View // the file system of the session
	Peer Peer
	// May returns why the peer may not do what needs a right, at this moment. A
	// verb that lasts asks it again; with trust.NoRights the answer is whether the
	// peer is still let in.
	May func(trust.Rights) error
	Log *slog.Logger // of the session
	Sum string       // of the one file that the call was about, for the audit log
}

// A Peer is the caller of a verb.
type Peer struct {
	Name string
	Key  string // tells it from all others
}

// Name returns the verb as it is typed, or "?" for an unknown one.
func (r *Request) Name() string { return cmp.Or(r.Row.Name(), "?") }

// Shown returns the words of the request for people: those of a program without
// the "--" that clients put in front of what was typed.
func (r *Request) Shown() string {
	if r.Row.Leading {
		return codec.Show(strings.TrimPrefix(r.Line, "-- "))
	}
	return codec.Show(r.Line)
}

// Run runs the verb. A panic in it becomes an error that ends the session and no
// other.
func (r *Request) Run(ctx context.Context) (pairs codec.Pairs, err error) {
	defer r.Recover(&err)
	return r.Row.Run(ctx, r)
}

// Recover turns a panic into an error that ends the session, when it is
// deferred. The details are for the log only.
func (r *Request) Recover(err *error) {
	if p := recover(); p != nil {
		r.Log.Error("panic", "verb", r.Name(), "value", p, "stack", string(debug.Stack()))
		*err = link.Fatal(codec.Errorf(codec.Internal,
			"the server made a mistake in this call: its log has the details"))
	}
}

// Need refuses a call with fewer words than low or more than high; a high of -1
// is no limit.
func (r *Request) Need(low, high int) error {
	n := len(r.Args.Words)
	switch {
	case n < low:
		return codec.Errorf(codec.BadRequest, "too few words: %s", r.Row.Usage())
	case high >= 0 && n > high:
		return codec.Errorf(codec.BadRequest, "too many words: %s", r.Row.Usage())
	}
	return nil
}

// Text answers a line for people.
func (r *Request) Text(format string, args ...any) error {
	return r.Call.Write(codec.DATA, fmt.Appendf(nil, format+"\n", args...))
}

// Note answers that one thing failed and the rest goes on.
func (r *Request) Note(name string, err error) error {
	return r.Call.WriteWords(codec.NOTE, codec.Explain(name, err).Note()...)
}

// Transferred returns the counts for the answer of a GET, a PUT or a COPY.
func (r *Request) Transferred(files, folders, links, bytes int64) codec.Pairs {
	pairs := codec.Pairs{codec.PairOf("files", files)}
	if r.Args.Has("r") {
		pairs = append(pairs, codec.PairOf("folders", folders), codec.PairOf("links", links))
	}
	return append(pairs, codec.PairOf("bytes", bytes))
}

// Literal returns words that name what does not exist yet: only ~ has a meaning
// in them, and no pattern.
func Literal(words []codec.Word) []codec.Word {
	out := make([]codec.Word, len(words))
	for i, w := range words {
		w.Quoted = w.Quoted || codec.HasPattern(w.Text)
		out[i] = w
	}
	return out
}
