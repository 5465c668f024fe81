package files

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"techsh/codec"
	"techsh/codec/fileid"
	"techsh/codec/landing"
	"techsh/remote/disk"
	"techsh/remote/verb"
)

// A removal deletes files and folders, and follows no links. It notes the error of a file
// inside a folder and continues. The folders around this file then stay.
type removal struct {
	r     *verb.Request
	ctx   context.Context
	only  *fileid.Set // if not nil, files in another state stay
	gone  int         // the number of files inside folders that were deleted
	noted int         // the number of files inside folders that have a note
}

// remove deletes the file or folder called name in dir, with its contents.
func (d *removal) remove(dir *os.Root, name, path string, isDir bool) error {
	if err := d.r.View.FS.CheckTake(dir, name); err != nil {
		return err
	}
	for {
		emptied := false
		if isDir {
			var err error
			if emptied, err = d.empty(dir, name, path); err != nil {
				return err
			}
		}
		err := d.removeOne(dir, name)
		if err == nil || codec.Explain("", err).Code != codec.NotEmpty {
			return err
		}
		if !emptied {
			return codec.Errorf(codec.NotEmpty, "")
		}
		// While files are being deleted, some file systems omit names from the listing,
		// so the folder is listed again.
	}
}

// removeOne deletes a file or an empty folder.
func (d *removal) removeOne(dir *os.Root, name string) error {
	if d.only == nil {
		return dir.Remove(name)
	}
	return landing.Remove(dir, name, d.only)
}

// empty deletes the contents of a folder. emptied reports whether the folder had contents
// and all of them were deleted.
func (d *removal) empty(dir *os.Root, name, path string) (emptied bool, err error) {
	if d.only != nil {
		fi, err := dir.Lstat(name)
		if err == nil {
			err = d.only.Check(fi)
		}
		if err != nil {
			return false, err
		}
	}
	gone, left := 0, 0
	err = d.r.View.Inside(dir, name, func(root *os.Root, f *os.File) error {
		return disk.Scan(root, f, func(e disk.Entry) error {
			if d.ctx.Err() != nil {
				return context.Cause(d.ctx)
			}
			under := disk.Below(path, e.Name)
			err := d.remove(root, e.Name, under, e.Kind == codec.Folder)
			if err == nil || errors.Is(err, fs.ErrNotExist) {
				gone++
				d.gone++
				return nil
			}
			left++
			if d.ctx.Err() != nil {
				return context.Cause(d.ctx)
			}
			if errors.Is(err, &codec.Error{Code: codec.NotEmpty}) {
				return nil // already noted where it happened
			}
			d.noted++
			return d.r.Note(under, err)
		})
	})
	return gone > 0 && left == 0, err
}
