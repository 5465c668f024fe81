package transfer

import (
	"context"
	"errors"
	"os"

	"techsh/codec"
	"techsh/codec/landing"
)

// Copy is like Take for the FILE e and the frames after it, but reads the contents from
// f, a file of this machine. fi is the FileInfo of f. Copy does not close f. If f changes
// meanwhile, Copy returns an error of code changed. If ctx ends, it returns the cause of
// ctx. Other errors go to Failed.
func (r *Receiver) Copy(ctx context.Context, e codec.Entry, f *os.File, fi os.FileInfo) error {
	e.Mode = landing.WithoutMask(f, int(fi.Mode().Perm())) // also on Windows, whose read-only files stay read-only
	r.entry, r.label, r.received = e, e.Name, fi.Size()
	err := r.beginFile()
	if err == nil && r.landing != nil { // nil if the folder of the file was refused
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
