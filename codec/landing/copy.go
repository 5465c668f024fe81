package landing

import (
	"context"
	"errors"
	"io"
	"os"
	"time"
)

const copyStep = 64 << 20 // bytes between two checks of the context

// Copy copies the file f of this machine, whose FileInfo is fi, to t. It closes t.Dir, but
// not f.
func Copy(ctx context.Context, t Target, f *os.File, fi os.FileInfo) error {
	t.From = Prefix{}
	l, err := Begin(t)
	if err != nil {
		return err
	}
	// reads of pipes and the like can be interrupted, those of other files cannot
	defer context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Now()) })()
	if err := l.CopyFrom(ctx, f, fi); err != nil {
		l.Abandon()
		return err
	}
	return l.Commit(WithoutMask(f, int(fi.Mode().Perm())), ModTime(fi))
}

// CopyFrom appends the contents of f, whose FileInfo is fi. If the system supports it,
// the two files share their contents and nothing is copied. If f changes meanwhile, the
// error has the code Changed.
func (l *Landing) CopyFrom(ctx context.Context, f *os.File, fi os.FileInfo) error {
	for {
		_, err := io.CopyN(l.f, f, copyStep) // uses copy_file_range, which can share contents
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
	}
	_, err := ChangeSince(fi, f, nil)
	return err
}
