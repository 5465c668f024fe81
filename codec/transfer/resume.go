package transfer

import (
	"context"
	"io"
	"os"

	"techsh/codec"
	"techsh/codec/landing"
)

// Resume is like File, for a receiver that already has a prefix of f, which from
// describes. FILE has the pair from=N, and only the rest of f is sent, but SUM covers the
// whole file. If from is only what the peer has stated, and f does not begin with this
// prefix, nothing is sent.
func (s *Sender) Resume(ctx context.Context, e codec.Entry, f *os.File, from landing.Prefix) error {
	from, err := from.Verify(ctx, f)
	if err != nil {
		return err
	}
	if _, err := f.Seek(from.Size, io.SeekStart); err != nil {
		return err
	}
	return s.send(ctx, e, f, from.Info(), &from)
}

// checkResume checks that the sender continues where t.From ends.
func (r *Receiver) checkResume(t *landing.Target) error {
	from, resumed := r.entry.More.Get("from")
	if !resumed {
		t.From = landing.Prefix{}
		return nil
	}
	n, ok := codec.ParseNumber(from)
	if !ok {
		return codec.Errorf(codec.BadRequest, "from=%s is not a number of bytes", codec.Quote(codec.Lit(from)))
	}
	if n != t.From.Size {
		return codec.Errorf(codec.Changed, "it begins at byte %d, but the part has %d bytes", n, t.From.Size)
	}
	return nil
}
