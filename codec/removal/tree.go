package removal

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"techsh/codec"
	"techsh/codec/fileid"
	"techsh/codec/landing"
)

// A Tree deletes files, and folders with their contents at any depth. It follows no
// links. If a file in a folder cannot be deleted, the other files are still deleted, and
// the folders that contain the file remain. Failed must be set.
type Tree struct {
	Only   *fileid.Set                                       // if not nil, only files in one of these states are deleted
	Check  func(dir *os.Root, name string) error             // returns the reason not to delete a file; may be nil
	Enter  func(dir *os.Root, name string) (*os.Root, error) // opens a folder; may be nil
	Failed func(path string, err error) error                // called for each failure in a folder; an error ends all
	Gone   int                                               // the number of files and folders deleted
	Left   int                                               // the number of calls of Failed
}

// Remove deletes the file or folder called name in dir. It returns the error for this
// file or folder itself. The error has the code NotEmpty if the reason was passed to
// Failed.
func (r *Tree) Remove(ctx context.Context, dir *os.Root, name, path string) error {
	t := &removedTree{Tree: r, ctx: ctx, at: &landing.Path{Name: path}, folders: []removedFolder{{}}}
	fi, err := dir.Lstat(name)
	for {
		emptied := false
		if err == nil && fi.IsDir() {
			emptied, err = t.empty(dir, name)
		}
		if err == nil {
			err = t.removeOne(dir, name)
		}
		switch {
		case err == nil:
			r.Gone++
			return nil
		case !isNotEmpty(err):
			return err
		case !emptied:
			return codec.Errorf(codec.NotEmpty, "")
		}
		// While files are being deleted, some file systems omit names from the listing,
		// so the folder is listed again.
		err = nil
	}
}

func isNotEmpty(err error) bool { return codec.Explain("", err).Code == codec.NotEmpty }

// removeOne deletes a file or an empty folder.
func (r *Tree) removeOne(dir *os.Root, name string) error {
	if r.Check != nil {
		if err := r.Check(dir, name); err != nil {
			return err
		}
	}
	if r.Only == nil {
		return dir.Remove(name)
	}
	return removeFile(dir, name, r.Only)
}

// open opens a folder that will be deleted.
func (r *Tree) open(dir *os.Root, name string, again bool) (*os.Root, error) {
	if r.Check != nil && !again {
		if err := r.Check(dir, name); err != nil {
			return nil, err
		}
	}
	fi, err := dir.Lstat(name)
	if err == nil && r.Only != nil && !again {
		err = r.Only.Check(fi)
	}
	switch {
	case err != nil:
		return nil, err
	case r.Enter != nil:
		return r.Enter(dir, name)
	}
	return landing.OpenFolder(dir, name, fi)
}

// A removedTree is a folder that is being emptied.
type removedTree struct {
	*Tree
	ctx     context.Context
	descent landing.Descent
	at      *landing.Path   // the current folder
	folders []removedFolder // it and those around it; the first is for the folder around all
}

// A removedFolder counts what was in a folder.
type removedFolder struct{ gone, left int }

// empty deletes the contents of a folder. emptied reports whether the folder had contents
// and all of them were deleted.
func (t *removedTree) empty(dir *os.Root, name string) (emptied bool, err error) {
	root, err := t.open(dir, name, false)
	if err != nil {
		return false, err
	}
	defer root.Close()
	t.folders = []removedFolder{{}}
	t.descent = landing.Descent{Open: t.open, Enter: t.enter, Read: t.read, Leave: t.leave, Failed: t.count}
	err = t.descent.Walk(root)
	in := t.folders[len(t.folders)-1]
	return in.gone > 0 && in.left == 0, err
}

func (t *removedTree) enter(name string, _ *os.Root, _ *os.File) error {
	t.folders = append(t.folders, removedFolder{})
	if len(t.folders) > 2 {
		t.at = &landing.Path{In: t.at, Name: name}
	}
	return nil
}

func (t *removedTree) read(dir *os.Root, f *os.File) error {
	names, err := f.Readdirnames(1024)
	for _, name := range names {
		fi, err := dir.Lstat(name)
		if err == nil && fi.IsDir() {
			t.descent.Later(name)
			continue
		}
		if err == nil {
			err = t.removeOne(dir, name)
		}
		if err := t.count(name, err); err != nil {
			return err
		}
	}
	return err
}

func (t *removedTree) leave(name string, dir *os.Root, err error) error {
	done := t.folders[len(t.folders)-1]
	t.folders = t.folders[:len(t.folders)-1]
	t.at = t.at.In
	if err == nil {
		err = t.removeOne(dir, name)
	}
	if err != nil && isNotEmpty(err) {
		if done.gone > 0 && done.left == 0 {
			t.descent.Later(name) // the file system may have omitted names while files were deleted
			return nil
		}
		err = codec.Errorf(codec.NotEmpty, "")
	}
	return t.count(name, err)
}

// count counts an attempt to delete the file called name in the current folder. err is
// the error of the attempt, or nil.
func (t *removedTree) count(name string, err error) error {
	in := &t.folders[len(t.folders)-1]
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		in.gone++
		if err == nil {
			t.Gone++
		}
		return context.Cause(t.ctx)
	}
	in.left++
	if t.ctx.Err() != nil || errors.Is(err, &codec.Error{Code: codec.NotEmpty}) {
		return context.Cause(t.ctx) // the error of each entry that is left was already reported
	}
	t.Left++
	return t.Failed((&landing.Path{In: t.at, Name: name}).String(), err)
}
