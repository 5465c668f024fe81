package transfer

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"techsh/codec"
)

// A Tree says what of a tree is sent.
type Tree struct {
	// Follow returns where the link name in dir leads: a name, which is no
	// link, in a folder that the Sender closes. nil: links are sent as links.
	Follow func(dir *os.Root, name string) (*os.Root, string, error)
	// Want says whether what is called path in the stream is sent; nil wants
	// all. It is asked for folders too; one that it does not want is sent all
	// the same when something in it is.
	Want func(path string, e codec.Entry) bool
	// Enter says why a folder is not gone into; nil goes into all.
	Enter func(dir *os.Root) error
}

// Tree sends what is called name in dir as top: a folder with what is in it,
// depth first, or a file or a link. A folder without a name of its own is
// called ".". Parts are left out. What is below top and cannot be sent goes to
// Failed, under its name in the stream; an error is about top itself, or ends
// the stream. dir stays the caller's.
func (s *Sender) Tree(ctx context.Context, dir *os.Root, name, top string, o Tree) error {
	fi, err := dir.Lstat(name)
	if err != nil {
		return err
	}
	w := treeWalk{Sender: s, Tree: o, ctx: ctx}
	return w.sendThing(nil, dir, name, top, fi)
}

// A treeWalk is the sending of one tree.
type treeWalk struct {
	*Sender
	Tree
	ctx context.Context
}

// A sentFolder is a folder that is being sent, with those that it is in.
type sentFolder struct {
	parent    *sentFolder
	info      os.FileInfo
	entry     codec.Entry
	announced bool // its FILE is on its way
}

// send sends one thing: fi, which is called name in dir and path in the
// stream.
func (w *treeWalk) sendThing(in *sentFolder, dir *os.Root, name, path string, fi os.FileInfo) error {
	if err := CheckPath(path); err != nil {
		return err
	}
	if KindOf(fi.Mode()) == codec.Link && w.Follow != nil {
		to, there, err := w.Follow(dir, name)
		if err != nil {
			return err
		}
		defer to.Close()
		if fi, err = to.Lstat(there); err != nil {
			return err
		}
		dir, name = to, there
	}
	switch kind := KindOf(fi.Mode()); {
	case kind == codec.Folder:
		return w.sendFolder(in, dir, name, path, fi)
	case kind == codec.Regular:
		return w.sendFile(in, dir, name, path, fi)
	case kind == codec.Link && w.Follow == nil:
		return w.sendLink(in, dir, name, path, fi)
	default:
		return codec.Errorf(codec.NotRegular, "a %s, it is not sent", kind)
	}
}

func (w *treeWalk) wants(path string, fi os.FileInfo) bool {
	return w.Want == nil || w.Want(path, EntryOf(path, fi))
}

// announceFolder sends the FILE of a folder, and before it those that it is in.
func (w *treeWalk) announceFolder(b *sentFolder) error {
	if b == nil || b.announced {
		return nil
	}
	if err := w.announceFolder(b.parent); err != nil {
		return err
	}
	b.announced = true
	w.Folders++
	return w.sendEntry(b.entry)
}

func (w *treeWalk) sendFolder(in *sentFolder, dir *os.Root, name, path string, fi os.FileInfo) error {
	for b := in; b != nil; b = b.parent {
		if os.SameFile(b.info, fi) {
			return codec.Errorf(codec.Unsupported, "it leads back to %s, which it is in", codec.Name(b.entry.Name))
		}
	}
	wanted := w.wants(path, fi)
	root, err := OpenFolder(dir, name, fi)
	if err != nil {
		return err
	}
	defer root.Close()
	if w.Enter != nil {
		if err := w.Enter(root); err != nil {
			return err
		}
	}
	f, err := root.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	b := &sentFolder{parent: in, info: fi, entry: EntryOf(path, fi)}
	if wanted {
		if err := w.announceFolder(b); err != nil {
			return err
		}
	}
	list := dirReader{folder: f}
	for {
		some, err := list.next()
		for _, c := range some {
			if IsPart(c.name) {
				continue
			}
			if err := w.sendChild(b, root, &list, c, path+"/"+c.name); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// A dirName is a name that was read from a folder.
type dirName struct {
	name    string
	regular bool // what it stands for is a file, as the folder has it; false may be unknown
}

// sendChild sends what is called c in the folder in. Its error ends the stream.
func (w *treeWalk) sendChild(in *sentFolder, dir *os.Root, list *dirReader, c dirName, path string) error {
	if w.ctx.Err() != nil {
		return context.Cause(w.ctx)
	}
	var f *os.File
	var fi os.FileInfo
	if w.Want == nil && CheckPath(path) == nil {
		f, fi = list.open(c)
	}
	var err error
	if f != nil {
		err = w.sendOpened(in, dir, c.name, path, f, fi)
	} else if fi, err = dir.Lstat(c.name); err == nil {
		err = w.sendThing(in, dir, c.name, path, fi)
	}
	if err != nil {
		if w.ctx.Err() != nil || w.To.Err() != nil {
			return err
		}
		w.Failed(path, err)
	}
	return nil
}

func (w *treeWalk) sendLink(in *sentFolder, dir *os.Root, name, path string, fi os.FileInfo) error {
	e := EntryOf(path, fi)
	var err error
	if e.Target, err = dir.Readlink(name); err != nil {
		return err
	}
	if w.Want != nil && !w.Want(path, e) {
		return nil
	}
	if err := w.announceFolder(in); err != nil {
		return err
	}
	w.Links++
	return w.sendEntry(e)
}

// sendFile sends a regular file.
func (w *treeWalk) sendFile(in *sentFolder, dir *os.Root, name, path string, fi os.FileInfo) error {
	if !w.wants(path, fi) {
		return nil
	}
	f, fi, err := OpenRegular(dir, name, fi)
	if err != nil {
		return err
	}
	return w.sendOpened(in, dir, name, path, f, fi)
}

// sendOpened sends a regular file that is open, and closes it.
func (w *treeWalk) sendOpened(in *sentFolder, dir *os.Root, name, path string, f *os.File, fi os.FileInfo) error {
	defer f.Close()
	if err := w.announceFolder(in); err != nil {
		return err
	}
	if fi.Size() == 0 { // it may wait for what is to come; other files know no deadline
		_ = f.SetReadDeadline(time.Now().Add(time.Second))
	}
	w.Look = func() (os.FileInfo, error) { return dir.Lstat(name) }
	return w.send(w.ctx, EntryOf(path, fi), f, fi, nil)
}

// OpenFolder opens the folder fi, which is called name in dir. It never waits,
// and a link is not followed, also when it has just been put there.
func OpenFolder(dir *os.Root, name string, fi os.FileInfo) (*os.Root, error) {
	root, err := dir.OpenRoot(name + "/.") // "/." keeps it from waiting for a pipe
	if err != nil {
		return nil, err
	}
	opened, err := root.Stat(".")
	if err == nil && !os.SameFile(fi, opened) {
		err = codec.Errorf(codec.Changed, "it was replaced")
	}
	if err != nil {
		root.Close()
		return nil, err
	}
	return root, nil
}

// OpenRegular opens the regular file fi, which is called name in dir, for
// reading, and returns what it is now. It never waits, and follows no link.
func OpenRegular(dir *os.Root, name string, fi os.FileInfo) (*os.File, os.FileInfo, error) {
	f, err := dir.OpenFile(name, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, nil, err
	}
	opened, err := f.Stat()
	switch {
	case err != nil:
	case !opened.Mode().IsRegular():
		err = codec.Errorf(codec.NotRegular, "it is a %s now", KindOf(opened.Mode()))
	case !os.SameFile(fi, opened):
		err = codec.Errorf(codec.Changed, "it was replaced")
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, opened, nil
}
