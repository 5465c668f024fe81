package disk

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"techsh/codec"
	"techsh/codec/fileid"
	"techsh/codec/landing"
)

// A Walk visits everything below a folder, at any depth. In each folder, it first visits
// the entries that are not folders, in the order in which they are read. Then it visits
// each subfolder, directly followed by everything below that subfolder. It passes errors
// to Failed, and continues.
type Walk struct {
	View   *View
	Ctx    context.Context
	Follow bool // follow links below the beginning of the walk
	// States adds the pair state= to each entry, see fileid.
	States bool
	Sent   bool // the paths are sent, so those that are too long are errors
	// Whole makes the walk visit the subfolders of a folder together with its other
	// entries, before the contents of any subfolder. Visit may then return fs.SkipDir.
	Whole bool
	// Visit is called for each entry, with the folder that contains it. Path returns its
	// path. Where the walk begins, in is nil and the name of the entry is its path.
	Visit func(in *os.Root, e Entry) error
	// Enters, if it is not nil, is called for each folder after it was opened. name is "."
	// where the walk begins. Folder returns the path of the folder.
	Enters func(name string, f *os.File) error
	// Leaves, if it is not nil, is called for each folder after everything below was
	// visited, except for the folder where the walk begins.
	Leaves func()
	// Failed is called for each error below the beginning of the walk. If it returns an
	// error, the walk ends.
	Failed func(path string, err error) error

	descent landing.Descent
	path    []byte        // of the current folder; not a string, because it may be very long
	ends    []int         // for the current folder and each folder around it, the length of the path of its parent
	above   []fs.FileInfo // the current folder and the folders that contain it, if Follow is true
	depth   int
	long    bool // an error was reported for paths in the current folder that are too long
}

// IsPart reports whether e, an entry of a folder, is a part file.
func IsPart(e codec.Entry) bool { return e.Kind == codec.Regular && landing.IsPart(e.Name) }

// At visits the file at path and, if it is a folder, everything below it. If path is a
// link, the link is not followed. An error of path itself is returned and not passed to
// Failed.
func (w *Walk) At(path string, depth int) error {
	found, fi, err := w.View.Entry(path)
	if err != nil {
		return err
	}
	e := w.newEntry(found, fi)
	if err := w.Visit(nil, e); err != nil || e.Kind != codec.Folder || depth == 0 {
		return err
	}
	root, _, err := w.View.Folder(path)
	if err != nil {
		return err
	}
	defer root.Close()
	return w.In(root, path, depth)
}

// In visits the contents of an open folder, which was typed as path.
func (w *Walk) In(root *os.Root, path string, depth int) error {
	w.path, w.depth, w.ends, w.above = []byte(path), depth, nil, nil
	w.descent = landing.Descent{
		Open: w.open, Enter: w.enter, Read: w.read, Leave: w.leave, Failed: w.refused, Whole: w.Whole,
	}
	return w.descent.Walk(root)
}

// open visits and opens the folder called name that was found in dir. If links are
// followed, name may also be a link, and open then opens the folder that the link leads
// to.
func (w *Walk) open(dir *os.Root, name string, again bool) (*os.Root, error) {
	to, last, close, err := w.lead(dir, name)
	if err != nil {
		return nil, err
	}
	defer close()
	if !again && !w.Whole {
		fi, err := to.Lstat(last)
		if err == nil {
			err = w.Visit(dir, w.newEntry(landing.EntryOf(name, fi), fi))
		}
		if err != nil {
			return nil, err
		}
	}
	return w.View.Enter(to, last)
}

// lead follows the link called name in dir. It returns what the link leads to: the folder
// to and, in this folder, the name last. If links are not followed, or if the file is not
// a link, lead returns dir and name.
func (w *Walk) lead(dir *os.Root, name string) (to *os.Root, last string, close func(), err error) {
	if !w.Follow {
		return dir, name, func() {}, nil
	}
	fi, err := dir.Lstat(name)
	if err != nil || fi.Mode()&fs.ModeSymlink == 0 {
		return dir, name, func() {}, err
	}
	to, last, err = w.View.Lead(dir, name)
	return to, last, func() { to.Close() }, err
}

func (w *Walk) enter(name string, _ *os.Root, f *os.File) error {
	end := len(w.path)
	if len(w.ends) > 0 { // not for the folder in which the walk begins
		w.path = appendBelow(w.path, name)
	}
	err := w.entered(name, f)
	if err != nil {
		w.path = w.path[:end]
		return err
	}
	w.ends, w.long = append(w.ends, end), false
	return nil
}

func (w *Walk) entered(name string, f *os.File) error {
	if w.Enters != nil {
		if err := w.Enters(name, f); err != nil {
			return err
		}
	}
	if !w.Follow {
		return nil
	}
	fi, err := f.Stat()
	w.above = append(w.above, fi)
	return err
}

func (w *Walk) leave(_ string, _ *os.Root, err error) error {
	if w.Leaves != nil {
		w.Leaves()
	}
	if err = w.failed(err); err != nil {
		return err
	}
	w.path = w.path[:w.ends[len(w.ends)-1]]
	w.ends = w.ends[:len(w.ends)-1]
	if w.Follow {
		w.above = w.above[:len(w.above)-1]
	}
	return nil
}

// Folder returns the path of the current folder, which begins with the path where the walk
// began, as it was typed.
func (w *Walk) Folder() string { return string(w.path) }

// Path returns the path of the entry called name in the current folder.
func (w *Walk) Path(name string) string {
	return string(appendBelow(w.path[:len(w.path):len(w.path)], name))
}

func (w *Walk) refused(name string, err error) error { return w.failedIn(name, err) }

func (w *Walk) read(root *os.Root, f *os.File) error {
	return ScanSome(root, f, func(e Entry) error {
		if IsPart(e.Entry) {
			return nil
		}
		if w.Sent && len(w.path)+1+len(e.Name) > landing.MaxPath {
			return w.tooLong()
		}
		if w.States {
			fi, err := root.Lstat(e.Name)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return w.failedIn(e.Name, err)
			}
			e = w.newEntry(landing.EntryWithTarget(e.Name, fi, root.Readlink, e.Name), fi)
		}
		if w.Follow && (e.Kind == codec.Link || e.Kind == codec.Folder) {
			return w.failedIn(e.Name, w.through(root, e))
		}
		return w.visit(root, e)
	})
}

// newEntry returns e with what the walk adds to an entry. e is the entry of the file that
// has the status fi.
func (w *Walk) newEntry(e codec.Entry, fi fs.FileInfo) Entry {
	if w.States {
		e.More = append(e.More, codec.Pair{Key: "state", Value: fileid.Of(fi).String()})
	}
	return Entry{Entry: e, storage: storageOf(fi)}
}

// tooLong reports once for each folder that some paths in it are too long.
func (w *Walk) tooLong() error {
	if w.long {
		return nil
	}
	w.long = true
	return w.failed(landing.ErrLongPath())
}

// visit visits an entry of the current folder. A folder that the walk will enter is
// visited later instead, unless Whole is true.
func (w *Walk) visit(root *os.Root, e Entry) error {
	enters := e.Kind == codec.Folder && len(w.ends) < w.depth
	if !enters || w.Whole {
		if err := w.Visit(root, e); errors.Is(err, fs.SkipDir) {
			return nil
		} else if err != nil {
			return err
		}
	}
	if enters {
		w.descent.Later(e.Name)
	}
	return nil
}

// through visits e, a folder or a link in the current folder. A link is visited as the
// file that the link leads to. A folder that contains the current folder is refused.
func (w *Walk) through(in *os.Root, e Entry) error {
	to, last, close, err := w.lead(in, e.Name)
	if err != nil {
		return err
	}
	defer close()
	fi, err := to.Lstat(last)
	if err != nil {
		return err
	}
	for _, above := range w.above {
		if os.SameFile(above, fi) {
			return codec.Errorf(codec.Unsupported, "it leads back to a folder that it is in")
		}
	}
	return w.visit(in, w.newEntry(landing.EntryOf(e.Name, fi), fi))
}

// failed passes an error of the current folder to Failed.
func (w *Walk) failed(err error) error {
	if err == nil {
		return context.Cause(w.Ctx)
	}
	return w.Failed(w.Folder(), err)
}

// failedIn passes an error of the entry called name in the current folder to Failed.
func (w *Walk) failedIn(name string, err error) error {
	if err == nil {
		return context.Cause(w.Ctx)
	}
	return w.Failed(w.Path(name), err)
}
