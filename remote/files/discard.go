package files

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/transfer"
	"techsh/remote/disk"
	"techsh/remote/verb"
)

// A discard deletes files that were copied to another file system by a MOVE.
type discard struct {
	verb.Tally
	r   *verb.Request
	ctx context.Context
}

// entry deletes e, called name in from, if to has a copy of it called copied. A file
// without a copy, or that has changed since, stays.
func (d *discard) entry(from, to *os.Root, copied, name string, e codec.Entry, path string) error {
	if e.Kind == codec.Regular && landing.IsPart(name) {
		return from.Remove(name) // part files are neither copied nor listed
	}
	if err := d.r.View.FS.CheckTake(from, name); err != nil {
		return err
	}
	fi, err := to.Lstat(copied)
	if err == nil && !transfer.Alike(e, landing.EntryWithTarget(copied, fi, to.Readlink, copied)) {
		err = fs.ErrNotExist
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return codec.Errorf(codec.Changed, "it has changed meanwhile, and stays")
	case err != nil:
		return err
	case e.Kind != codec.Folder:
		return from.Remove(name)
	}
	sub, err := landing.OpenFolder(to, copied, fi)
	if err != nil {
		return err
	}
	defer sub.Close()
	for {
		failed := d.Failed
		err := d.r.View.Inside(from, name, func(root *os.Root, f *os.File) error {
			return d.contents(root, f, sub, path)
		})
		if err != nil || d.Failed > failed {
			return err // the files that stay were noted already
		}
		err = from.Remove(name)
		if err == nil || codec.Explain("", err).Code != codec.NotEmpty {
			return err
		}
		// While files are being deleted, some file systems omit names from the listing,
		// so the folder is listed again.
	}
}

// contents deletes the contents of an open folder.
func (d *discard) contents(from *os.Root, f *os.File, to *os.Root, path string) error {
	return disk.Scan(from, f, func(e disk.Entry) error {
		under := disk.Below(path, e.Name)
		if err := d.entry(from, to, e.Name, e.Name, e.Entry, under); err != nil {
			return d.r.Count(d.ctx, &d.Tally, false, under, err)
		}
		return context.Cause(d.ctx)
	})
}
