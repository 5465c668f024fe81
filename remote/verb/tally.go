package verb

import (
	"context"
	"fmt"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/transfer"
)

// A Tally counts how many of several things have failed, and how many have not.
type Tally struct{ Failed, Done int }

// Partial returns the error for the final answer if some of several things have failed,
// and otherwise nil. counts describes the things that have not failed.
func (t Tally) Partial(counts ...codec.Pair) error {
	if t.Failed == 0 {
		return nil
	}
	return &codec.Error{
		Code: codec.Partial, Text: fmt.Sprintf("%d of %d failed", t.Failed, t.Failed+t.Done),
		More: append(codec.Pairs{codec.PairOf("failed", t.Failed), codec.PairOf("done", t.Done)}, counts...),
	}
}

// Each calls the function do for every path that the words stand for. If there is only
// one path, its error is the answer to the call. If there are several paths, each error
// becomes a NOTE, and Each continues with the next path.
func (r *Request) Each(ctx context.Context, words []codec.Word, do func(path string) error) error {
	var t Tally
	if err := r.Every(ctx, words, &t, do); err != nil {
		return err
	}
	return t.Partial()
}

// Every is like Each, but adds the outcomes to the caller's tally t.
func (r *Request) Every(ctx context.Context, words []codec.Word, t *Tally, do func(path string) error) error {
	for _, w := range words {
		paths, err := r.View.Expand(ctx, w)
		if err != nil {
			paths = transfer.Match(w.Text)
		}
		for folder := range paths.Long() {
			if err := r.Count(ctx, t, false, folder, landing.ErrLongPath()); err != nil {
				return err
			}
		}
		alone := len(words) == 1 && paths.Len() == 1
		for p := range paths.All() {
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

// Count adds the outcome of one thing to t: success if err is nil, otherwise failure.
// alone means that there is no other thing. If alone is true, or ctx has ended, or the
// connection has failed, Count returns the error, which must end the call. Otherwise it
// writes a NOTE.
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
