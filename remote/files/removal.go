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

// A removal deletes files and folders, and follows no links. If a file inside a folder
// cannot be deleted, the removal notes the error and continues. The folders that contain
// the file then remain.
type removal struct {
	r     *verb.Request
	ctx   context.Context
	only  *fileid.Set // if not nil, only files in one of these states are deleted
	gone  int         // the number of files and folders deleted inside folders
	noted int         // the number of errors noted inside folders
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

// A removedFolder counts what is in a folder that is being emptied.
type removedFolder struct {
	around     int // the length of the path of the folder around it
	gone, left int
}

// empty deletes the contents of a folder, at any depth. emptied reports whether the folder
// had contents and all of them were deleted.
func (d *removal) empty(dir *os.Root, name, path string) (emptied bool, err error) {
	root, err := d.open(dir, name)
	if err != nil {
		return false, err
	}
	defer root.Close()
	folders := []removedFolder{{}} // the first element is for the parent of the folder
	count := func(under string, err error) error {
		in := &folders[len(folders)-1]
		if err == nil || errors.Is(err, fs.ErrNotExist) {
			in.gone++
			d.gone++
			return context.Cause(d.ctx)
		}
		in.left++
		if d.ctx.Err() != nil || errors.Is(err, &codec.Error{Code: codec.NotEmpty}) {
			return context.Cause(d.ctx) // the error of each entry that is left was already noted
		}
		d.noted++
		return d.r.Note(under, err)
	}
	var walk landing.Descent
	walk = landing.Descent{
		Open: func(dir *os.Root, name string, again bool) (*os.Root, error) {
			if again {
				return d.r.View.Enter(dir, name)
			}
			return d.open(dir, name)
		},
		Enter: func(name string, _ *os.Root, _ *os.File) error {
			folders = append(folders, removedFolder{around: len(path)})
			if len(folders) > 2 {
				path = disk.Below(path, name)
			}
			return nil
		},
		Read: func(dir *os.Root, f *os.File) error {
			return disk.ScanSome(dir, f, func(e disk.Entry) error {
				if e.Kind == codec.Folder {
					walk.Later(e.Name)
					return nil
				}
				return count(disk.Below(path, e.Name), d.remove(dir, e.Name, "", false))
			})
		},
		Leave: func(name string, dir *os.Root, err error) error {
			done, under := folders[len(folders)-1], path
			folders = folders[:len(folders)-1]
			path = path[:done.around]
			if err == nil {
				err = d.removeOne(dir, name)
			}
			if err != nil && codec.Explain("", err).Code == codec.NotEmpty {
				if done.gone > 0 && done.left == 0 {
					walk.Later(name) // the file system may have omitted names while files were deleted
					return nil
				}
				err = codec.Errorf(codec.NotEmpty, "")
			}
			return count(under, err)
		},
		Failed: func(name string, err error) error { return count(disk.Below(path, name), err) },
	}
	err = walk.Walk(root)
	in := folders[len(folders)-1]
	return in.gone > 0 && in.left == 0, err
}

// open opens a folder that will be deleted.
func (d *removal) open(dir *os.Root, name string) (*os.Root, error) {
	if err := d.r.View.FS.CheckTake(dir, name); err != nil {
		return nil, err
	}
	if d.only != nil {
		fi, err := dir.Lstat(name)
		if err == nil {
			err = d.only.Check(fi)
		}
		if err != nil {
			return nil, err
		}
	}
	return d.r.View.Enter(dir, name)
}
