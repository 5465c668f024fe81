package verb

import (
	"context"
	"fmt"

	"techsh/codec"
)

// A Tally counts which of several things have failed.
type Tally struct{ Failed, Done int }

// Partial returns the final answer when some of several things have failed.
// The counts say what became of the others.
func (t Tally) Partial(counts ...codec.Pair) error {
	if t.Failed == 0 {
		return nil
	}
	return &codec.Error{
		Code: codec.Partial, Text: fmt.Sprintf("%d of %d failed", t.Failed, t.Failed+t.Done),
		More: append(codec.Pairs{codec.PairOf("failed", t.Failed), codec.PairOf("done", t.Done)}, counts...),
	}
}

// Each calls do for every path that the words stand for. The failure of a
// single path is the answer; of several, each is a NOTE and the rest goes on.
func (r *Request) Each(ctx context.Context, words []codec.Word, do func(path string) error) error {
	var t Tally
	if err := r.Every(ctx, words, &t, do); err != nil {
		return err
	}
	return t.Partial()
}

// Every is Each with a tally of the caller, which goes on counting.
func (r *Request) Every(ctx context.Context, words []codec.Word, t *Tally, do func(path string) error) error {
	for _, w := range words {
		paths, err := r.View.Expand(ctx, w)
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
			if err := r.Count(ctx, t, alone, p, perr); err != nil {
				return err
			}
		}
	}
	return nil
}

// Count adds the outcome of one thing to t. Its error ends the call: it is that
// of the only thing, or of the connection.
func (r *Request) Count(ctx context.Context, t *Tally, alone bool, name string, err error) error {
	switch {
	case err == nil:
		t.Done++
		return nil
	case alone || ctx.Err() != nil || r.Call.Err() != nil:
		return codec.Explain(name, err)
	}
	t.Failed++
	return r.Note(name, err)
}
