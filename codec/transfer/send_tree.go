package transfer

import (
	"context"
	"errors"
	"io"
	"os"
	"time"

	"techsh/codec"
	"techsh/codec/landing"
)

// A Tree holds the options for sending a tree.
type Tree struct {
	// Follow resolves the link called name in dir. It returns the folder that contains
	// the target, and the target's name in that folder; the target is not itself a link.
	// The Sender closes the folder. If Follow is nil, links are sent as links.
	Follow func(dir *os.Root, name string) (*os.Root, string, error)
	// Want reports whether to send the entry called path in the stream; nil means all. It
	// is called for folders too. A folder that is not wanted is still sent if something
	// inside it is.
	Want func(path string, e codec.Entry) bool
	// Enter returns the reason not to enter a folder; nil means that all may be entered.
	Enter func(dir *os.Root) error
}

// Tree sends the entry called name in dir: a file, a link, or a folder with its contents,
// depth first. In the stream its name is top. A folder without a name of its own is
// called ".". Part files are left out. Errors below top go to Failed with the name in the
// stream. Tree returns an error of top itself or of the connection. Tree does not close
// dir.
func (s *Sender) Tree(ctx context.Context, dir *os.Root, name, top string, o Tree) error {
	fi, err := dir.Lstat(name)
	if err != nil {
		return err
	}
	w := treeWalk{ctx: ctx, sender: s, options: o}
	return w.sendThing(nil, dir, name, top, fi)
}

// A treeWalk sends one tree.
type treeWalk struct {
	ctx     context.Context
	sender  *Sender
	options Tree
}

// A sentFolder is a folder whose contents are being sent.
type sentFolder struct {
	parent    *sentFolder
	info      os.FileInfo
	entry     codec.Entry
	announced bool // its FILE was sent
}

// sendThing sends the file, link or folder fi, which is called name in dir. path is its
// name in the stream.
func (w *treeWalk) sendThing(in *sentFolder, dir *os.Root, name, path string, fi os.FileInfo) error {
	if err := landing.CheckPath(path); err != nil {
		return err
	}
	if landing.KindOf(fi.Mode()) == codec.Link && w.options.Follow != nil {
		to, there, err := w.options.Follow(dir, name)
		if err != nil {
			return err
		}
		defer to.Close()
		if fi, err = to.Lstat(there); err != nil {
			return err
		}
		dir, name = to, there
	}
	switch kind := landing.KindOf(fi.Mode()); {
	case kind == codec.Folder:
		return w.sendFolder(in, dir, name, path, fi)
	case kind == codec.Regular:
		return w.sendFile(in, dir, name, path, fi)
	case kind == codec.Link && w.options.Follow == nil:
		return w.sendLink(in, dir, name, path, fi)
	default:
		return codec.Errorf(codec.NotRegular, "a %s, which is not sent", kind)
	}
}

func (w *treeWalk) wants(path string, fi os.FileInfo) bool {
	return w.options.Want == nil || w.options.Want(path, landing.EntryOf(path, fi))
}

// announceFolder sends the FILE of a folder. It first sends the FILEs of the folders
// around it.
func (w *treeWalk) announceFolder(b *sentFolder) error {
	if b == nil || b.announced {
		return nil
	}
	if err := w.announceFolder(b.parent); err != nil {
		return err
	}
	b.announced = true
	w.sender.Folders++
	return w.sender.sendEntry(b.entry)
}

func (w *treeWalk) sendFolder(in *sentFolder, dir *os.Root, name, path string, fi os.FileInfo) error {
	for b := in; b != nil; b = b.parent {
		if os.SameFile(b.info, fi) {
			return codec.Errorf(
				codec.Unsupported, "it leads back to %s, which it is in", codec.Name(b.entry.Name),
			)
		}
	}
	wanted := w.wants(path, fi)
	root, err := landing.OpenFolder(dir, name, fi)
	if err != nil {
		return err
	}
	defer root.Close()
	if w.options.Enter != nil {
		if err := w.options.Enter(root); err != nil {
			return err
		}
	}
	f, err := root.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	b := &sentFolder{parent: in, info: fi, entry: landing.EntryOf(path, fi)}
	b.entry.Mode = landing.WithoutMask(f, b.entry.Mode)
	if wanted {
		if err := w.announceFolder(b); err != nil {
			return err
		}
	}
	list := dirReader{folder: f}
	for {
		some, err := list.next()
		for _, c := range some {
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
	regular bool // the folder lists it as a regular file; false if the kind is unknown
}

// sendChild sends the entry c of a folder. An error ends the stream.
func (w *treeWalk) sendChild(in *sentFolder, dir *os.Root, list *dirReader, c dirName, path string) error {
	if w.ctx.Err() != nil {
		return context.Cause(w.ctx)
	}
	part := landing.IsPart(c.name)
	if part && c.regular {
		return nil
	}
	var f *os.File
	var fi os.FileInfo
	if w.options.Want == nil && landing.CheckPath(path) == nil {
		f, fi = list.open(c)
	}
	var err error
	if f != nil {
		err = w.sendOpened(in, dir, c.name, path, f, fi)
	} else if fi, err = dir.Lstat(c.name); err == nil && !(part && fi.Mode().IsRegular()) {
		err = w.sendThing(in, dir, c.name, path, fi)
	}
	if err != nil {
		if w.ctx.Err() != nil || w.sender.To.Err() != nil {
			return err
		}
		w.sender.Failed(path, err)
	}
	return nil
}

func (w *treeWalk) sendLink(in *sentFolder, dir *os.Root, name, path string, fi os.FileInfo) error {
	e := landing.EntryOf(path, fi)
	var err error
	if e.Target, err = dir.Readlink(name); err != nil {
		return err
	}
	if w.options.Want != nil && !w.options.Want(path, e) {
		return nil
	}
	if err := w.announceFolder(in); err != nil {
		return err
	}
	w.sender.Links++
	return w.sender.sendEntry(e)
}

// sendFile sends a regular file.
func (w *treeWalk) sendFile(in *sentFolder, dir *os.Root, name, path string, fi os.FileInfo) error {
	if !w.wants(path, fi) {
		return nil
	}
	f, fi, err := landing.OpenRegular(dir, name, fi)
	if err != nil {
		return err
	}
	return w.sendOpened(in, dir, name, path, f, fi)
}

// sendOpened sends an open regular file and closes it.
func (w *treeWalk) sendOpened(
	in *sentFolder, dir *os.Root, name, path string, f *os.File, fi os.FileInfo,
) error {
	defer f.Close()
	if err := w.announceFolder(in); err != nil {
		return err
	}
	if fi.Size() == 0 { // it may be a file of /proc, whose reads can block; other files ignore deadlines
		_ = f.SetReadDeadline(time.Now().Add(time.Second))
	}
	w.sender.Look = func() (os.FileInfo, error) { return dir.Lstat(name) }
	return w.sender.send(w.ctx, landing.EntryOf(path, fi), f, fi, nil)
}
