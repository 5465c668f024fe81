package transfer

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"techsh/codec"
)

const copyStep = 64 << 20 // bytes between two checks of the context

// Copy copies the file f of this machine to t, as safely as a Receiver writes a file. The
// system copies the contents, or shares them where it can. fi is the FileInfo of f. Copy
// closes t.Dir, but not f.
func Copy(ctx context.Context, t Target, f *os.File, fi os.FileInfo) error {
	t.From = Prefix{}
	l, err := Begin(t)
	if err != nil {
		return err
	}
	// reads of pipes and the like can be interrupted, those of other files cannot
	defer context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Now()) })()
	if err := l.copy(ctx, f, fi); err != nil {
		l.Abandon()
		return err
	}
	return l.Commit(int(fi.Mode().Perm()), fi.ModTime())
}

// Copy is like Take for the FILE e and the frames after it, but takes the contents from
// f, a file of this machine. fi is the FileInfo of f, which Copy does not close. It
// returns errors of reading f and of ctx; other errors go to Failed.
func (r *Receiver) Copy(ctx context.Context, e codec.Entry, f *os.File, fi os.FileInfo) error {
	r.entry, r.label, r.received, r.sums = e, e.Name, fi.Size(), sums{}
	err := r.beginFile()
	if err == nil && r.landing != nil { // nil if its folder was refused
		if err = r.landing.copy(ctx, f, fi); err == nil {
			err = r.placeFile()
		}
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	} else if err != nil && !errors.Is(err, &codec.Error{Code: codec.Changed}) {
		r.fail(err)
		return nil
	}
	r.endFile((*Landing).Abandon)
	return err
}

func (l *Landing) copy(ctx context.Context, f *os.File, fi os.FileInfo) error {
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
	_, err := growthSince(fi, f, nil)
	return err
}
