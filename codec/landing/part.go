package landing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"

	"techsh/codec"
)

// The name of a part file ends in 16 hexadecimal digits: an ID of 6 bytes, and a sum of
// the ID, of 2 bytes. The sum distinguishes the names that this package has made from
// names that only look like them.
const (
	partPrefix = ".techsh-part-"
	partDigits = 16
	partIDSize = 6
)

func partNameOf(id []byte) string {
	sum := sha256.Sum256(append([]byte(partPrefix), id...))
	return partPrefix + hex.EncodeToString(id) + hex.EncodeToString(sum[:2])
}

// IsPart reports whether name is a name that this package gives to part files. Listings
// leave out the regular files with such names, and no other file may get such a name.
func IsPart(name string) bool {
	if !looksLikePart(name) {
		return false
	}
	id, err := hex.DecodeString(name[len(partPrefix):][:2*partIDSize])
	return err == nil && name == partNameOf(id)
}

// looksLikePart reports whether name looks like the name of a part file, with any sum.
// Earlier versions hide and sweep all files with such names.
func looksLikePart(name string) bool {
	return len(name) == len(partPrefix)+partDigits && strings.HasPrefix(name, partPrefix)
}

// partName returns the name of the part file, which is different for each sender and
// file.
func (t *Target) partName() string {
	sum := sha256.Sum256([]byte(t.Key + "\x00" + t.Name))
	return partNameOf(sum[:partIDSize])
}

const newPartFlags = os.O_CREATE | os.O_EXCL | os.O_RDWR | nonblock

// openPart creates the part file and locks it. It first removes an unlocked part file
// that an earlier landing has left.
func (l *Landing) openPart() error {
	f, err := l.dir.OpenFile(l.part, newPartFlags, 0o600)
	if errors.Is(err, fs.ErrExist) {
		if err = l.removeOldPart(); err != nil {
			return err
		}
		f, err = l.dir.OpenFile(l.part, newPartFlags, 0o600)
	}
	if errors.Is(err, fs.ErrExist) {
		return codec.Errorf(codec.Busy, "it is being written by someone else")
	}
	if err != nil {
		return err
	}
	if err := l.lockPart(f); err != nil {
		if !errors.Is(err, &codec.Error{Code: codec.Busy}) { // busy: another landing uses it
			_ = l.dir.Remove(l.part)
		}
		f.Close()
		return err
	}
	l.f = f
	return nil
}

// resume opens the part file that an earlier landing has left, to append to it. from is
// the prefix that the part file must contain.
func (l *Landing) resume(from Prefix) error {
	f, err := l.openOldPart()
	if err == nil && f == nil {
		err = codec.Errorf(codec.Changed, "there is no part to continue")
	}
	if err != nil {
		return err
	}
	fi, err := f.Stat()
	if err == nil && (fi.Size() != from.Size || !isOwn(f, fi) || from.read != nil && !from.read.same(fi)) {
		err = codec.Errorf(codec.Changed, "the part to continue was replaced")
	}
	if err == nil {
		l.from, err = from.Verify(context.Background(), f)
	}
	if err == nil {
		_, err = f.Seek(from.Size, io.SeekStart)
	}
	if err != nil {
		f.Close()
		return err
	}
	l.f = f
	return nil
}

// lockPart locks f and checks that f still has the name of the part file, because another
// landing may have removed it before the lock was taken.
func (l *Landing) lockPart(f *os.File) error {
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

// openOldPart opens and locks the part file that an earlier landing has left, or returns
// nil if there is none.
func (l *Landing) openOldPart() (*os.File, error) {
	fi, err := l.dir.Lstat(l.part)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil && !fi.Mode().IsRegular() {
		err = &codec.Error{
			Code: codec.NotRegular, Text: l.part + " is in the way",
			Hint: "no transfer has made it: delete it",
		}
	}
	if err != nil {
		return nil, err
	}
	f, err := l.dir.OpenFile(l.part, os.O_RDWR|nonblock, 0)
	if errors.Is(err, fs.ErrPermission) && l.dir.Chmod(l.part, 0o600) == nil { // its final mode was already set
		f, err = l.dir.OpenFile(l.part, os.O_RDWR|nonblock, 0)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if err := l.lockPart(f); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (l *Landing) removeOldPart() error {
	f, err := l.openOldPart()
	if err != nil || f == nil {
		return err
	}
	defer f.Close()
	return l.dir.Remove(l.part)
}
