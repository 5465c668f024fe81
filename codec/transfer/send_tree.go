package transfer

import (
	"context"
	"os"
	"path/filepath"
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
	// inside the folder is wanted.
	Want func(path string, e codec.Entry) bool
	// Enter returns the reason not to enter a folder; nil means that all may be entered.
	Enter func(dir *os.Root) error
}

// Tree sends the entry called name in dir: a file, a link, or a folder with its contents,
// depth first. In the stream the entry has the name that is in the parameter top. A
// folder without a name of its own is called ".". Part files are left out. Errors of the
// contents of a folder go to Failed with the name in the stream. Tree returns only an
// error of the entry itself or of the connection. Tree does not close dir.
func (s *Sender) Tree(ctx context.Context, dir *os.Root, name, top string, o Tree) error {
	fi, err := dir.Lstat(name)
	if err != nil {
		return err
	}
	w := &treeWalk{ctx: ctx, sender: s, options: o}
	w.descent = landing.Descent{Open: w.open, Enter: w.enter, Read: w.read, Leave: w.leave, Failed: w.refused}
	isFolder, err := w.sendThing(dir, name, top, fi)
	if err != nil || !isFolder {
		return err
	}
	w.top = top
	root, err := w.open(dir, name, false)
	if err != nil {
		return err
	}
	defer root.Close()
	w.root = root
	return w.descent.Walk(root)
}

// A treeWalk sends one tree.
type treeWalk struct {
	ctx     context.Context
	sender  *Sender
	options Tree
	descent landing.Descent
	in      *sentFolder // the current folder
	at      string      // its path in the stream
	top     string      // the name of the top in the stream
	root    *os.Root    // the top, if it is a folder
	list    dirReader   // reads the names in the current folder
	wanted  bool        // whether the folder that was opened last is wanted
	opened  os.FileInfo // that of this folder
	long    bool        // it was reported that paths in the current folder are too long
}

// A sentFolder is a folder whose contents are being sent. It does not have its path,
// because there may be many of them, each in the one before.
type sentFolder struct {
	parent    *sentFolder
	end       int // its path is the beginning of treeWalk.at up to this byte
	info      os.FileInfo
	entry     codec.Entry // without its name
	announced bool        // its FILE was sent
}

// sendThing sends the file or link that fi describes. name is its name in dir, and path
// is its path in the stream. If fi is a folder, or a followed link to a folder, sendThing
// only returns true, and the Descent sends the folder.
func (w *treeWalk) sendThing(dir *os.Root, name, path string, fi os.FileInfo) (isFolder bool, err error) {
	if err := landing.CheckPath(path); err != nil {
		return false, err
	}
	dir, name, fi, done, err := w.follow(dir, name, fi)
	if err != nil {
		return false, err
	}
	defer done()
	switch kind := landing.KindOf(fi.Mode()); {
	case kind == codec.Folder:
		return true, nil
	case kind == codec.Regular:
		return false, w.sendFile(dir, name, path, fi)
	case kind == codec.Link && w.options.Follow == nil:
		return false, w.sendLink(dir, name, path, fi)
	default:
		return false, codec.Errorf(codec.NotRegular, "a %s, which is not sent", kind)
	}
}

// follow looks at the entry called name in dir, which fi describes. If the entry is a
// link that is to be followed, follow returns the target of the link, and otherwise the
// entry itself.
func (w *treeWalk) follow(dir *os.Root, name string, fi os.FileInfo) (
	*os.Root, string, os.FileInfo, func(), error,
) {
	if landing.KindOf(fi.Mode()) != codec.Link || w.options.Follow == nil {
		return dir, name, fi, func() {}, nil
	}
	to, there, err := w.options.Follow(dir, name)
	if err != nil {
		return nil, "", nil, nil, err
	}
	if fi, err = to.Lstat(there); err != nil {
		to.Close()
		return nil, "", nil, nil, err
	}
	return to, there, fi, func() { to.Close() }, nil
}

// open opens the folder called name in dir, or, if that is a link, the folder that it
// leads to.
func (w *treeWalk) open(dir *os.Root, name string, again bool) (*os.Root, error) {
	fi, err := dir.Lstat(name)
	if err != nil {
		return nil, err
	}
	path := w.path(name)
	dir, name, fi, done, err := w.follow(dir, name, fi)
	if err != nil {
		return nil, err
	}
	defer done()
	if !again {
		w.wanted, w.opened = w.wants(path, fi), fi
	}
	root, err := landing.OpenFolder(dir, name, fi)
	if err == nil && w.options.Enter != nil {
		if err = w.options.Enter(root); err != nil {
			root.Close()
		}
	}
	return root, err
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
	e := b.entry
	e.Name = w.at[:b.end]
	return w.sender.sendEntry(e)
}

// path returns the path in the stream of the entry that is called name in the current
// folder.
func (w *treeWalk) path(name string) string {
	if w.in == nil {
		return w.top
	}
	return w.at + "/" + name
}

func (w *treeWalk) enter(name string, _ *os.Root, f *os.File) error {
	for b := w.in; b != nil; b = b.parent {
		if os.SameFile(b.info, w.opened) {
			return codec.Errorf(
				codec.Unsupported, "it leads back to %s, which it is in", codec.Name(w.at[:b.end]),
			)
		}
	}
	around, path := w.at, w.path(name)
	b := &sentFolder{parent: w.in, end: len(path), info: w.opened, entry: landing.EntryOf("", w.opened)}
	b.entry.Mode = landing.WithoutMask(f, b.entry.Mode)
	w.at = path
	if w.wanted {
		if err := w.announceFolder(b); err != nil {
			w.at = around
			return err
		}
	}
	w.in, w.long = b, false
	return nil
}

func (w *treeWalk) leave(_ string, _ *os.Root, err error) error {
	path := w.at
	if w.in = w.in.parent; w.in != nil {
		w.at = path[:w.in.end]
	}
	return w.failed(path, err)
}

func (w *treeWalk) refused(name string, err error) error { return w.failed(w.path(name), err) }

// failed reports an error, or returns it if it ends the stream.
func (w *treeWalk) failed(path string, err error) error {
	switch {
	case w.ctx.Err() != nil:
		return context.Cause(w.ctx)
	case w.sender.To.Err() != nil:
		return w.sender.To.Err()
	case err != nil:
		w.sender.Failed(path, err)
	}
	return nil
}

// read sends some of the contents of the current folder.
func (w *treeWalk) read(dir *os.Root, f *os.File) error {
	w.list.folder = f
	some, err := w.list.next()
	for _, c := range some {
		if err := w.sendChild(dir, c); err != nil {
			return err
		}
	}
	return err
}

// A dirName is a name that was read from a folder.
type dirName struct {
	name    string
	regular bool // the folder lists it as a regular file; false if the kind is unknown
}

// sendChild sends the entry c of a folder. An error ends the stream.
func (w *treeWalk) sendChild(dir *os.Root, c dirName) error {
	if w.ctx.Err() != nil {
		return context.Cause(w.ctx)
	}
	part := landing.IsPart(c.name)
	if part && c.regular {
		return nil
	}
	path := w.path(c.name)
	if len(path) > landing.MaxPath {
		return w.tooLong()
	}
	var f *os.File
	var fi os.FileInfo
	if w.options.Want == nil {
		f, fi = w.list.open(c)
	}
	if f != nil {
		return w.failed(path, w.sendOpened(dir, c.name, path, f, fi))
	}
	fi, err := dir.Lstat(c.name)
	if err == nil && !(part && fi.Mode().IsRegular()) {
		var isFolder bool
		if isFolder, err = w.sendThing(dir, c.name, path, fi); isFolder {
			w.descent.Later(c.name)
		}
	}
	return w.failed(path, err)
}

// tooLong reports once for each folder that some paths in it are too long.
func (w *treeWalk) tooLong() error {
	if w.long {
		return nil
	}
	w.long = true
	return w.failed(w.at, landing.ErrLongPath())
}

func (w *treeWalk) sendLink(dir *os.Root, name, path string, fi os.FileInfo) error {
	target, err := dir.Readlink(name)
	if err != nil {
		return err
	}
	e := landing.LinkEntry(path, fi, target, w.isFolder(path, target))
	if w.options.Want != nil && !w.options.Want(path, e) {
		return nil
	}
	if err := w.announceFolder(w.in); err != nil {
		return err
	}
	w.sender.Links++
	return w.sender.sendEntry(e)
}

// isFolder reports whether a link leads to a folder of the tree. It looks at nothing
// outside of the tree, because the link may lead to something that this session cannot
// reach, or to a disk that hangs.
func (w *treeWalk) isFolder(path, target string) bool {
	if w.root == nil || filepath.IsAbs(target) {
		return false
	}
	target = filepath.Join(filepath.Dir(filepath.FromSlash(path[len(w.top)+1:])), target)
	if !filepath.IsLocal(target) {
		return false
	}
	fi, err := w.root.Stat(target)
	return err == nil && fi.IsDir()
}

// sendFile sends a regular file.
func (w *treeWalk) sendFile(dir *os.Root, name, path string, fi os.FileInfo) error {
	if !w.wants(path, fi) {
		return nil
	}
	f, fi, err := landing.OpenRegular(dir, name, fi)
	if err != nil {
		return err
	}
	return w.sendOpened(dir, name, path, f, fi)
}

// sendOpened sends an open regular file and closes it.
func (w *treeWalk) sendOpened(dir *os.Root, name, path string, f *os.File, fi os.FileInfo) error {
	defer f.Close()
	if err := w.announceFolder(w.in); err != nil {
		return err
	}
	if fi.Size() == 0 { // it may be a file of /proc, whose reads can block; other files ignore deadlines
		_ = f.SetReadDeadline(time.Now().Add(time.Second))
	}
	w.sender.Look = func() (os.FileInfo, error) { return dir.Lstat(name) }
	return w.sender.send(w.ctx, landing.EntryOf(path, fi), f, fi, nil)
}
