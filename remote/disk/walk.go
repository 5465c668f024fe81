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

// A Walk visits everything below a folder, in the order in which the folders list it. It
// passes errors to Failed, and continues.
type Walk struct {
	View   *View
	Ctx    context.Context
	Follow bool // follow links below the beginning of the walk
	// States adds the pair state= to each entry, see fileid.
	States bool
	// Visit is called for each entry, with the folder that contains it and the path of
	// this folder as typed.
	Visit func(in *os.Root, folder string, e Entry) error
	// Enters, if it is not nil, is called for each folder after it was opened.
	Enters func(path string, f *os.File) error
	// Failed is called for each error below the beginning of the walk. If it returns an
	// error, the walk ends.
	Failed func(path string, err error) error

	above []fs.FileInfo // the folders that contain the current one, if Follow is true
}

// IsPart reports whether e, an entry of a folder, is a part file.
func IsPart(e codec.Entry) bool { return e.Kind == codec.Regular && landing.IsPart(e.Name) }

// At begins with the file at path, which is not followed if it is a link. It returns an
// error of path itself.
func (w *Walk) At(path string, depth int) error {
	found, fi, err := w.View.Entry(path)
	if err != nil {
		return err
	}
	e := w.newEntry(found, fi)
	if err := w.Visit(nil, "", e); err != nil || e.Kind != codec.Folder || depth == 0 {
		return err
	}
	return w.View.Reading(path, func(root *os.Root, f *os.File) error { return w.In(root, f, path, depth) })
}

// In visits the contents of an open folder, which was typed as path.
func (w *Walk) In(root *os.Root, f *os.File, path string, depth int) error {
	if w.Enters != nil {
		if err := w.Enters(path, f); err != nil {
			return err
		}
	}
	if w.Follow {
		fi, err := f.Stat()
		if err != nil {
			return err
		}
		w.above = append(w.above, fi)
		defer func() { w.above = w.above[:len(w.above)-1] }()
	}
	return Scan(root, f, func(e Entry) error {
		if IsPart(e.Entry) {
			return nil
		}
		under := Below(path, e.Name)
		if w.States {
			fi, err := root.Lstat(e.Name)
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil {
				return w.failed(under, err)
			}
			e = w.newEntry(landing.EntryWithTarget(e.Name, fi, root.Readlink, e.Name), fi)
		}
		if w.Follow && (e.Kind == codec.Link || e.Kind == codec.Folder) {
			return w.failed(under, w.through(root, e, path, depth))
		}
		if err := w.Visit(root, path, e); err != nil || e.Kind != codec.Folder || depth == 1 {
			return err
		}
		return w.failed(under, w.enter(root, e.Name, under, depth))
	})
}

// newEntry returns e, the entry of the file with the status fi, with what the walk adds.
func (w *Walk) newEntry(e codec.Entry, fi fs.FileInfo) Entry {
	if w.States {
		e.More = append(e.More, codec.Pair{Key: "state", Value: fileid.Of(fi).String()})
	}
	return Entry{e, storageOf(fi)}
}

func (w *Walk) enter(root *os.Root, name, under string, depth int) error {
	return w.View.InsideAt(root, name, under, func(root *os.Root, f *os.File) error {
		return w.In(root, f, under, depth-1)
	})
}

// through visits e, which is a folder or a link in the folder in, and then the contents
// of the folder that e leads to. path is the path of the folder in. through refuses a
// folder that contains the current one.
func (w *Walk) through(in *os.Root, e Entry, path string, depth int) error {
	name := e.Name
	if e.Kind == codec.Link {
		to, last, err := w.View.Lead(in, name)
		if err != nil {
			return err
		}
		defer to.Close()
		in, name = to, last
	}
	fi, err := in.Lstat(name)
	if err != nil {
		return err
	}
	for _, above := range w.above {
		if os.SameFile(above, fi) {
			return codec.Errorf(codec.Unsupported, "it leads back to a folder that it is in")
		}
	}
	target := w.newEntry(landing.EntryOf(e.Name, fi), fi)
	if err := w.Visit(in, path, target); err != nil || !fi.IsDir() || depth == 1 {
		return err
	}
	return w.enter(in, name, Below(path, e.Name), depth)
}

func (w *Walk) failed(path string, err error) error {
	if err == nil {
		return context.Cause(w.Ctx)
	}
	return w.Failed(path, err)
}
