package transfer

import (
	"context"
	"errors"
	"os"

	"techsh/codec"
	"techsh/codec/landing"
)

// Copy is like Take for the FILE e and the frames after it, but takes the contents from
// f, a file of this machine. fi is the FileInfo of f. Copy does not close f. It returns
// the error of code changed if f changes meanwhile, or the cause of ctx. Other errors go
// to Failed.
func (r *Receiver) Copy(ctx context.Context, e codec.Entry, f *os.File, fi os.FileInfo) error {
	e.Mode = landing.WithoutMask(f, e.Mode)
	r.entry, r.label, r.received = e, e.Name, fi.Size()
	err := r.beginFile()
	if err == nil && r.landing != nil { // nil if its folder was refused
		if err = r.landing.CopyFrom(ctx, f, fi); err == nil {
			err = r.placeFile()
		}
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	} else if err != nil && !errors.Is(err, &codec.Error{Code: codec.Changed}) {
		r.fail(err)
		return nil
	}
	r.endFile((*landing.Landing).Abandon)
	return err
}
