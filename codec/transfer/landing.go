package transfer

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"techsh/codec"
)

// A Target is where a file or a tree of a stream goes: under Name in Dir, or
// to Writer. Of a folder Name may be ".", which is Dir itself.
type Target struct {
	Dir   *os.Root // the Receiver closes it
	Name  string
	Key   string // tells the part file from others': who sends it, and what
	Force bool   // existing files may be replaced
	Label string // what it is called when that fails; "" is the file's own name
	From  Prefix // what Part has found, for a FILE with from=N

	Writer io.Writer // instead of a file
}

// A Landing is a file on its way to its place. It is written under another
// name in the same folder, flushed, and renamed: whatever happens, the target
// is the old file or the new one. The part file is locked as long as it has
// that name. Commit or Abandon ends it, or Leave.
//
// In a tree the folder lends its handle, the part has a name of its own and
// no lock, and Commit is in two: pend, and after the flush of its batch place.
type Landing struct {
	dir    *os.Root
	name   string
	part   string
	force  bool
	folder *treeFolder // of a tree, or nil
	old    fs.FileInfo // of the file that is replaced, or nil
	from   Prefix      // what was there already
	f      *os.File

	async *asyncWriter // nil: nothing is being written
}

// Begin checks the target and opens the part file. It owns t.Dir, also when
// it fails. A landing of the same file in progress is busy. With t.From it
// goes on with the part that Part has found; one that is not the same any
// more is Changed.
func Begin(t Target) (*Landing, error) { return begin(t, &sweeper{}) }

func begin(t Target, s *sweeper) (*Landing, error) {
	l := &Landing{dir: t.Dir, name: t.Name, part: t.partName(), force: t.Force}
	err := CheckName(t.Name)
	if err == nil {
		l.old, err = l.target()
	}
	if err == nil {
		if t.From.Size > 0 {
			err = l.resume(t.From)
		} else {
			err = l.openPart()
		}
	}
	if err != nil {
		l.dir.Close()
		return nil, err
	}
	s.sweep(l.dir)
	return l, nil
}

// target returns what stands at the target: nothing, or a regular file that
// may be replaced.
func (l *Landing) target() (fs.FileInfo, error) {
	fi, err := l.dir.Lstat(l.name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, nil
	case err != nil:
		return nil, err
	case fi.IsDir():
		return nil, codec.Errorf(codec.IsDirectory, "")
	case !fi.Mode().IsRegular():
		return nil, codec.Errorf(codec.NotRegular, "it is a %s, it is not replaced", KindOf(fi.Mode()))
	case !l.force:
		return nil, codec.Errorf(codec.Exists, "")
	}
	return fi, nil
}

// Write appends to the part file.
func (l *Landing) Write(b []byte) (int, error) {
	if err := l.awaitWrites(); err != nil {
		return 0, err
	}
	return l.f.Write(b)
}

// Commit flushes the file, gives it mode and time where they are known, and
// puts it in its place. On an error nothing is left of it.
func (l *Landing) Commit(mode int, mtime time.Time) error {
	err := l.commit(mode, mtime)
	if err != nil {
		l.Abandon()
		return err
	}
	l.f.Close() // what could fail has been flushed
	return l.dir.Close()
}

func (l *Landing) commit(mode int, mtime time.Time) error {
	if err := l.setAttributes(mode, mtime); err != nil {
		return err
	}
	if err := l.f.Sync(); err != nil {
		return err
	}
	d, err := l.dir.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	if err := l.place(d); err != nil {
		return err
	}
	return syncDir(d)
}

// setAttributes makes the part file what the target shall be.
func (l *Landing) setAttributes(mode int, mtime time.Time) error {
	if err := l.awaitWrites(); err != nil {
		return err
	}
	perm := fs.FileMode(0o644)
	if mode >= 0 {
		perm = fs.FileMode(mode) & 0o777
	}
	if l.old != nil {
		perm = l.old.Mode().Perm()
		keepOwner(l.f, l.old)
	}
	if err := l.f.Chmod(perm); err != nil {
		return err
	}
	if mtime.IsZero() {
		return nil
	}
	if l.folder != nil {
		return setTime(l.folder, l.part, mtime)
	}
	return l.dir.Chtimes(l.part, mtime, mtime)
}

// place gives the part file, in the folder that is open as d, its name.
// Without force a file that has appeared there meanwhile is not replaced.
func (l *Landing) place(d *os.File) error {
	err := renameNew(d, l.part, l.name)
	if errors.Is(err, errors.ErrUnsupported) && !l.force {
		if err = l.dir.Link(l.part, l.name); err == nil {
			return l.dir.Remove(l.part)
		}
	}
	if err == nil {
		return nil
	}
	// something is there, or the file system knows nothing of all that
	if _, err := l.target(); err != nil {
		return err
	}
	return l.dir.Rename(l.part, l.name)
}

// Abandon removes what there is of the file.
func (l *Landing) Abandon() {
	_ = l.awaitWrites() // nobody wants it any more
	_ = l.dir.Remove(l.part)
	l.close() // only now: with the lock gone the name may be another's
}

// Leave gives up the landing, but leaves its part, to be resumed. In a tree
// nobody would ever find it.
func (l *Landing) Leave() {
	if err := l.awaitWrites(); err != nil || l.folder != nil {
		l.Abandon()
		return
	}
	if fi, err := l.f.Stat(); err != nil || fi.Size() == 0 {
		l.Abandon()
		return
	}
	l.close()
}

func (l *Landing) close() {
	l.f.Close()
	if l.folder == nil {
		l.dir.Close()
	}
}
