package landing

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"time"

	"techsh/codec"
)

// A Target is the destination of a received file or tree. It is called Name in the folder
// Dir or In, unless Writer is set. For a folder, Name may be ".", which means Dir itself.
type Target struct {
	Dir   *os.Root // closed by the function that takes the Target
	In    *Folder  // a folder of a tree, instead of Dir; for the methods of Batch
	Name  string
	Key   string // distinguishes the part files of different senders and sources
	Force bool   // allows existing files to be replaced
	Umask Umask  // the umask for new files and folders
	Label string // its name in errors; "" means the name of the file
	From  Prefix // the result of Part, for a FILE with from=N

	// Arrived has the files that the same transfer has put into Dir before; may be nil.
	// If In is set, the Folder has them.
	Arrived *Arrivals

	Writer io.Writer // receives the bytes instead of a file; not used by this package
}

// arrivals returns what has arrived before in the folder of the target.
func (t *Target) arrivals() *Arrivals {
	if t.Arrived == nil && t.In != nil {
		return &t.In.arrived
	}
	return t.Arrived
}

// A Landing is a file that is being written. It is a part file, under another name in the
// same folder, until it is complete and flushed. Then it is renamed, so that the target
// is always either the old file or the new one. The part file is locked. Commit, Abandon
// or Leave ends the Landing.
//
// In a tree, the Landing uses the handle of its folder, the part file has a random name
// and no lock, and Batch.Commit takes the place of Commit: the file is placed later,
// after many files were flushed together.
type Landing struct {
	dir     *os.Root
	name    string
	part    string
	force   bool
	umask   Umask
	arrived *Arrivals   // what has arrived in dir before
	folder  *Folder     // the folder of a tree, or nil
	old     fs.FileInfo // the FileInfo of the file to be replaced, or nil
	from    Prefix      // the beginning of the file, which existed already
	f       *os.File

	async *asyncWriter // nil if nothing is being written
}

// Begin checks the target and opens the part file. It takes ownership of t.Dir, even if
// it fails. If the same file is already being written, the error has the code Busy. If
// t.From is not zero, Begin continues the part file that Part has found; if this part
// file has changed, the error has the code Changed.
func Begin(t Target) (*Landing, error) { return begin(t, &sweeper{}) }

func begin(t Target, s *sweeper) (*Landing, error) {
	l := &Landing{
		dir: t.Dir, name: t.Name, part: t.partName(), force: t.Force, umask: t.Umask, arrived: t.Arrived,
	}
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

// target returns the FileInfo of the file to be replaced, or nil if there is none. It
// fails if the file must not be replaced.
func (l *Landing) target() (fs.FileInfo, error) {
	fi, err := l.dir.Lstat(l.name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = l.arrived.Check(l.dir, l.name, fi)
	}
	switch {
	case err != nil:
		return nil, err
	case fi.IsDir():
		return nil, codec.Errorf(codec.IsDirectory, "")
	case !fi.Mode().IsRegular():
		return nil, codec.Errorf(codec.NotRegular, "it is a %s, which is not replaced", KindOf(fi.Mode()))
	case !l.force:
		return nil, l.arrived.errExists(l.dir, l.name, fi)
	}
	return fi, nil
}

// From returns Target.From: the first bytes of the file, which existed already.
func (l *Landing) From() Prefix { return l.from }

// Write appends to the part file.
func (l *Landing) Write(b []byte) (int, error) {
	if err := l.awaitWrites(); err != nil {
		return 0, err
	}
	return l.f.Write(b)
}

// Commit flushes the file, sets its mode and time if they are known, and gives it its
// name. If it fails, the part file is removed.
func (l *Landing) Commit(mode int, mtime time.Time) error {
	err := l.commit(mode, mtime)
	if err != nil {
		l.Abandon()
		return err
	}
	l.f.Close() // the flush has already reported errors of writing
	return l.dir.Close()
}

func (l *Landing) commit(mode int, mtime time.Time) error {
	d, err := l.dir.Open(".")
	if err != nil {
		return err
	}
	defer d.Close()
	if err := l.setAttributes(d, mode, mtime); err != nil {
		return err
	}
	if err := l.f.Sync(); err != nil {
		return err
	}
	if err := l.place(d); err != nil {
		return err
	}
	return syncDir(d)
}

// setAttributes gives the part file the mode, time and owner that the target will have. d
// is the folder of the part file.
func (l *Landing) setAttributes(d *os.File, mode int, mtime time.Time) error {
	if err := l.awaitWrites(); err != nil {
		return err
	}
	if err := l.setMode(d, mode); err != nil {
		return err
	}
	if mtime.IsZero() {
		return nil
	}
	return setTime(l.dir, d, l.part, mtime)
}

func (l *Landing) setMode(d *os.File, mode int) error {
	if l.old != nil {
		return keepAccess(l.f, d, l.name, l.old)
	}
	perm, err := newPerm(d, mode, 0o666, l.umask)
	if err != nil {
		return err
	}
	return l.f.Chmod(perm)
}

// place renames the part file to its final name in the folder that is open as d. Without
// Target.Force it does not replace a file that has appeared meanwhile.
func (l *Landing) place(d *os.File) error {
	err := l.rename(d)
	if err == nil {
		l.arrived.Add(l.dir, l.name)
	}
	return err
}

func (l *Landing) rename(d *os.File) error {
	err := renameNew(d, l.part, l.name)
	if errors.Is(err, errors.ErrUnsupported) && !l.force {
		if err = l.dir.Link(l.part, l.name); err == nil {
			return l.dir.Remove(l.part)
		}
	}
	if err == nil {
		return nil
	}
	// the name is taken, or the file system has none of these operations
	if _, err := l.target(); err != nil {
		return err
	}
	return l.dir.Rename(l.part, l.name)
}

// Abandon removes the part file.
func (l *Landing) Abandon() {
	_ = l.awaitWrites() // errors do not matter
	_ = l.dir.Remove(l.part)
	l.close() // after the removal, because another process may use the name once the lock is released
}

// Leave gives up the landing but keeps the part file, to be resumed. In a tree it removes
// the part file too, because its random name could not be found again.
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
