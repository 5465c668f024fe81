package landing

import (
	"os"

	"techsh/codec"
)

// EntryOf returns an Entry called name for a file. On Windows the mode of the Entry is
// unknown: the mode in fi is invented, and on a system that uses modes it would let
// everybody write the file.
func EntryOf(name string, fi os.FileInfo) codec.Entry {
	e := codec.Entry{
		Kind: KindOf(fi.Mode()), Mode: codec.Unknown, Size: codec.Unknown, Time: ModTime(fi), Name: name,
	}
	if hasModes {
		e.Mode = int(fi.Mode().Perm())
	}
	if e.Kind == codec.Regular {
		e.Size = fi.Size()
	}
	return e
}

// EntryWithTarget is like EntryOf, but adds the target of a link, which readlink(last)
// returns. In the Entry, the names in the target are separated by / on every system. If
// the target cannot be read, it is unknown.
func EntryWithTarget(
	name string, fi os.FileInfo, readlink func(string) (string, error), last string,
) codec.Entry {
	e := EntryOf(name, fi)
	if e.Kind == codec.Link {
		target, _ := readlink(last)
		e.Target = sentTarget(target)
	}
	return e
}

// Hidden reports whether the file called name is left out of listings by default: because
// of its name or, on macOS, a flag in its status.
func Hidden(name string, status func() (os.FileInfo, error)) bool {
	return name[0] == '.' || hiddenByFlag(status)
}

// KindOf returns the kind of a file with mode m.
func KindOf(m os.FileMode) codec.Kind {
	switch {
	case m.IsRegular():
		return codec.Regular
	case m.IsDir():
		return codec.Folder
	case m&os.ModeSymlink != 0:
		return codec.Link
	case m&os.ModeNamedPipe != 0:
		return codec.Pipe
	case m&os.ModeSocket != 0:
		return codec.Socket
	case m&os.ModeCharDevice != 0:
		return codec.Char
	case m&os.ModeDevice != 0:
		return codec.Block
	}
	return codec.Regular // on Windows other reparse points look like files
}

// OpenFolder opens the folder fi, which is called name in dir. It never blocks, and does
// not follow a link that has replaced the folder since.
func OpenFolder(dir *os.Root, name string, fi os.FileInfo) (*os.Root, error) {
	root, err := dir.OpenRoot(name + "/.") // "/." fails for a pipe, which would block
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
	if len(root.Name()) > longRootName {
		return withShortName(root), nil
	}
	return root, nil
}

// longRootName is the length from which the name of a Root is replaced. In deep trees, the
// names of open folders and files could take much memory.
const longRootName = 16 << 10

// OpenRegular opens the regular file fi, which is called name in dir, for reading, and
// returns its current FileInfo. It never blocks and follows no link.
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

// A Change describes how a file has changed while it was read, if the bytes that were
// read have not changed.
type Change struct {
	Grown    int64 // bytes that were appended
	Replaced bool  // another file has its name now
}

// ChangeSince returns how f has changed. The parameter before is an earlier FileInfo of
// f. The function look, if it is not nil, returns the FileInfo of the file that now has
// the name of f. If the earlier contents of f may have changed, the error has the code
// codec.Changed.
func ChangeSince(before os.FileInfo, f *os.File, look func() (os.FileInfo, error)) (c Change, err error) {
	after, err := f.Stat()
	if err != nil {
		return Change{}, err
	}
	c.Grown = after.Size() - before.Size()
	if c.Grown < 0 || c.Grown == 0 && !ModTime(after).Equal(ModTime(before)) {
		return Change{}, codec.Errorf(codec.Changed, "")
	}
	if look != nil && mayBeRenamed(before, after) {
		there, err := look()
		c.Replaced = err == nil && !os.SameFile(there, after)
	}
	return c, nil
}
