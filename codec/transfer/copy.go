package transfer

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"techsh/codec"
)

const copyStep = 64 << 20 // bytes between two looks at the context

// Copy lands a file of this machine, as whole and as safely as one that
// comes. The system copies it, and shares the content where it can do that. fi
// is that of f; t.Dir is closed, f is not.
func Copy(ctx context.Context, t Target, f *os.File, fi os.FileInfo) error {
	t.From = Prefix{}
	l, err := Begin(t)
	if err != nil {
		return err
	}
	// few files wait for what is to come; the others know no deadline
	defer context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Now()) })()
	if err := l.copy(ctx, f, fi); err != nil {
		l.Abandon()
		return err
	}
	return l.Commit(int(fi.Mode().Perm()), fi.ModTime())
}

// Copy is Take for the FILE of e and all that follows, when the file f, of this
// machine, is what comes. fi is that of f, which is not closed. An error says
// that f was not to be had whole, as a sender would, or is that of ctx.
func (r *Receiver) Copy(ctx context.Context, e codec.Entry, f *os.File, fi os.FileInfo) error {
	r.entry, r.label, r.received, r.sums = e, e.Name, fi.Size(), sums{}
	err := r.beginFile()
	if err == nil && r.landing != nil { // else the folder that it is in was refused
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
		_, err := io.CopyN(l.f, f, copyStep) // copy_file_range, which makes reflinks
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
