package verb

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"runtime/debug"
	"strings"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote/disk"
)

// A Request is a call with parsed options.
type Request struct {
	Row  Row
	Call *link.Call // everything written to it is part of the answer
	Args codec.Args
	Line string     // the words as they were received
	View *disk.View // the file system of the session
	Peer Peer
	// May returns nil if the peer has a right at this moment, and otherwise the reason
	// why it does not. A verb that runs for a long time calls May repeatedly.
	// May(trust.NoRights) checks only whether the peer is still admitted.
	May func(trust.Rights) error
	Log *slog.Logger // the log of the session
	// Agreed is the plan that the person at this computer has agreed to, or nil if nobody
	// was asked. The verb must not do more than this plan.
	Agreed *Plan
	Sum    string // the checksum of the file, if the call transfers a single file; for the audit log
}

// A Peer is the caller of a verb.
type Peer struct {
	Name string
	Key  string // differs for different peers
}

// Name returns the verb as it is typed, or "?" if it is unknown.
func (r *Request) Name() string { return cmp.Or(r.Row.Name(), "?") }

// Shown returns the words of the request for display, without secrets. It leaves out the
// "--" that clients put before the words of a program.
func (r *Request) Shown() string {
	line := codec.Mask(codec.MakeVerb(r.Row.Verb), r.Line)
	if r.Row.OptionsFirst {
		line = strings.TrimPrefix(line, "-- ")
	}
	return codec.Show(line)
}

// Run runs the verb. A panic in it becomes an error that ends only this session.
func (r *Request) Run(ctx context.Context) (pairs codec.Pairs, err error) {
	defer r.Recover(&err)
	return r.Row.Run(ctx, r)
}

// Recover, if it is deferred, turns a panic into an error that ends the session. The
// details of the panic go to the log only.
func (r *Request) Recover(err *error) {
	if p := recover(); p != nil {
		r.Log.Error("panic", "verb", r.Name(), "value", p, "stack", string(debug.Stack()))
		*err = link.Fatal(codec.Errorf(codec.Internal,
			"the server made a mistake in this call: its log has the details"))
	}
}

// Need returns an error if the call has fewer than low words, or more than high words. If
// high is -1, there is no upper limit.
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

// Text writes one line of text as DATA.
func (r *Request) Text(format string, args ...any) error {
	return r.Call.Write(codec.DATA, fmt.Appendf(nil, format+"\n", args...))
}

// Note writes a NOTE which says that the thing called name has failed. The call
// continues.
func (r *Request) Note(name string, err error) error {
	if len(name) > landing.MaxPath { // happens only deep in a tree, where paths have no limit
		x := codec.Explain("", err)
		x.Text = "far below: " + x.Error()
		name, err = name[:max(1, strings.LastIndexByte(name[:landing.MaxPath], filepath.Separator))], x
	}
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

// Literal returns the words with their patterns disabled. It is for the names of files
// that may not exist yet. A ~ in a word without a pattern keeps its meaning.
func Literal(words []codec.Word) []codec.Word {
	out := make([]codec.Word, len(words))
	for i, w := range words {
		w.Quoted = w.Quoted || codec.HasPattern(w.Text)
		out[i] = w
	}
	return out
}
