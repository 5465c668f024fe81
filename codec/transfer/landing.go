package transfer

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"

	"techsh/codec"
)

const partPrefix = ".techsh-part-"

// IsPart says whether name is that of a part file, which listings hide.
func IsPart(name string) bool {
	rest, ok := strings.CutPrefix(name, partPrefix)
	return ok && len(rest) == 16
}

// A Landing is a file on its way to its place. It is written under another
// name in the same folder, flushed, and renamed: whatever happens, the target
// is the old file or the new one. The part file is locked as long as it has
// that name. Commit or Abandon ends it.
type Landing struct {
	dir   *os.Root
	name  string
	part  string
	force bool
	old   fs.FileInfo // of the file that is replaced, or nil
	f     *os.File

	behind *behind // nil: nothing is being written
}

// Begin checks the target and opens the part file. It owns t.Dir, also when
// it fails. A landing of the same file in progress is busy.
func Begin(t Target) (*Landing, error) {
	l := &Landing{dir: t.Dir, name: t.Name, force: t.Force}
	err := CheckName(t.Name)
	if err == nil {
		l.old, err = l.target()
	}
	if err == nil {
		sum := sha256.Sum256([]byte(t.Key + "\x00" + t.Name))
		l.part = partPrefix + hex.EncodeToString(sum[:8])
		l.f, err = l.openPart()
	}
	if err != nil {
		l.dir.Close()
		return nil, err
	}
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
		return nil, codec.Errorf(codec.NotRegular, "a %s is there, it is not replaced", KindOf(fi.Mode()))
	case !l.force:
		return nil, codec.Errorf(codec.Exists, "")
	}
	return fi, nil
}

// openPart creates the part file and locks it. One that a killed process has
// left is removed first: it is nobody's, its lock is free.
func (l *Landing) openPart() (*os.File, error) {
	const create = os.O_CREATE | os.O_EXCL | os.O_RDWR
	f, err := l.dir.OpenFile(l.part, create, 0o600)
	if errors.Is(err, fs.ErrExist) {
		if err = l.removeStale(); err != nil {
			return nil, err
		}
		f, err = l.dir.OpenFile(l.part, create, 0o600)
	}
	if errors.Is(err, fs.ErrExist) {
		return nil, codec.Errorf(codec.Busy, "it is being written by someone else")
	}
	if err != nil {
		return nil, err
	}
	if err := l.own(f); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// own locks f, and makes sure that it is still what the part's name stands
// for: between its opening and its lock another landing may have taken it for
// stale.
func (l *Landing) own(f *os.File) error {
	if err := lock(f); err != nil {
		return err
	}
	ours, err := f.Stat()
	if err != nil {
		return err
	}
	if there, err := l.dir.Lstat(l.part); err != nil || !os.SameFile(ours, there) {
		return codec.Errorf(codec.Busy, "it is being written by someone else")
	}
	return nil
}

func (l *Landing) removeStale() error {
	fi, err := l.dir.Lstat(l.part)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil && !fi.Mode().IsRegular() {
		err = codec.Errorf(codec.NotRegular, "%s is in the way", l.part)
	}
	if err != nil {
		return err
	}
	f, err := l.dir.OpenFile(l.part, os.O_RDWR|nonblock, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	if err := l.own(f); err != nil {
		return err
	}
	return l.dir.Remove(l.part)
}

// Write appends to the part file.
func (l *Landing) Write(b []byte) (int, error) {
	if err := l.settle(); err != nil {
		return 0, err
	}
	return l.f.Write(b)
}

// take is Write for a body that becomes the landing's own: it is written in
// another goroutine, and the caller goes on with the spare, also after an
// error, which may be that of an earlier body.
func (l *Landing) take(body []byte) (spare []byte, err error) {
	if l.behind == nil {
		l.behind = startBehind(l.f, cap(body))
	}
	l.behind.bodies <- body
	w := <-l.behind.spares
	return w.body, w.err
}

// settle waits until all that was taken is written.
func (l *Landing) settle() error {
	if l.behind == nil {
		return nil
	}
	b := l.behind
	l.behind = nil
	close(b.bodies)
	var err error
	for w := range b.spares {
		err = w.err // once one has failed, all do
	}
	return err
}

// A behind writes bodies to a file while the next is read: with two, both of
// the machine's copies, out of the socket and into the file, go on at once.
type behind struct {
	bodies chan []byte
	spares chan written
}

type written struct {
	body []byte
	err  error
}

func startBehind(f *os.File, size int) *behind {
	b := &behind{bodies: make(chan []byte, 1), spares: make(chan written, 2)}
	b.spares <- written{body: make([]byte, size)}
	go func() {
		defer close(b.spares)
		var err error
		for body := range b.bodies {
			if err == nil {
				_, err = f.Write(body)
			}
			b.spares <- written{body, err}
		}
	}()
	return b
}

// Commit flushes the file, gives it mode and time where they are known, and
// puts it in its place. On an error nothing is left of it.
func (l *Landing) Commit(mode int, mtime time.Time) error {
	err := l.finish(mode, mtime)
	if err == nil {
		err = l.place()
	}
	if err != nil {
		l.Abandon()
		return err
	}
	l.f.Close() // what could fail has been flushed
	defer l.dir.Close()
	return syncDir(l.dir)
}

// finish makes the part file what the target shall be, on disk.
func (l *Landing) finish(mode int, mtime time.Time) error {
	if err := l.settle(); err != nil {
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
	if !mtime.IsZero() {
		if err := l.dir.Chtimes(l.part, mtime, mtime); err != nil {
			return err
		}
	}
	return l.f.Sync()
}

// place gives the part file its name. Without force a file that has appeared
// there meanwhile is not replaced.
func (l *Landing) place() error {
	if !l.force {
		err := l.dir.Link(l.part, l.name)
		if err == nil {
			return l.dir.Remove(l.part)
		}
		if errors.Is(err, fs.ErrExist) {
			return codec.Errorf(codec.Exists, "")
		}
		// no links on this file system
	}
	if _, err := l.target(); err != nil {
		return err
	}
	return l.dir.Rename(l.part, l.name)
}

// Abandon removes what there is of the file.
func (l *Landing) Abandon() {
	_ = l.settle() // nobody wants it any more
	_ = l.dir.Remove(l.part)
	l.f.Close() // only now: with the lock gone the name may be another's
	l.dir.Close()
}
