package transfer

import (
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"io/fs"
	"os"

	"techsh/codec"
)

// A Prefix is the beginning of a file that the receiver already has: its first Size
// bytes. The zero Prefix is empty.
type Prefix struct {
	Size   int64
	SHA256 string // hexadecimal

	read *prefixRead // the result of reading it in this process; nil if the peer has only stated it
}

// A prefixRead is the result of reading a prefix, kept so that it is not read twice.
type prefixRead struct {
	info os.FileInfo // of the file, before it was read
	sums sums
}

// PrefixOf returns the prefix of f of this size, which it reads. The position of f does
// not matter. If f is shorter, the error is of code changed.
func PrefixOf(ctx context.Context, f *os.File, size int64) (Prefix, error) {
	info, err := f.Stat()
	if err != nil {
		return Prefix{}, err
	}
	r := &prefixRead{info: info, sums: sums{sha: sha256.New()}}
	buf := make([]byte, bodySize)
	for at := int64(0); at < size; {
		if ctx.Err() != nil {
			return Prefix{}, context.Cause(ctx)
		}
		n, err := f.ReadAt(buf[:min(bodySize, size-at)], at)
		r.sums.add(buf[:n])
		at += int64(n)
		if errors.Is(err, io.EOF) && at < size {
			err = codec.Errorf(codec.Changed, "it has %d of %d bytes", at, size)
		}
		if err != nil && at < size {
			return Prefix{}, err
		}
	}
	return Prefix{Size: size, SHA256: r.sums.shaText(), read: r}, nil
}

// Resume is like File, for a receiver that already has the prefix from of f. FILE has
// from=N, and only the rest is sent; SUM covers the whole file. If f is no longer the
// file that PrefixOf has read, nothing is sent.
func (s *Sender) Resume(ctx context.Context, e codec.Entry, f *os.File, from Prefix) error {
	from, err := from.verify(ctx, f)
	if err != nil {
		return err
	}
	if _, err := f.Seek(from.Size, io.SeekStart); err != nil {
		return err
	}
	return s.send(ctx, e, f, from.read.info, &from)
}

// Part returns the prefix that an earlier landing with the same Dir, Name and Key has
// left in its part file, or the zero Prefix if there is none. If such a landing is in
// progress, the error is of code busy. Part does not close t.Dir.
func Part(ctx context.Context, t Target) (Prefix, error) {
	if err := CheckName(t.Name); err != nil {
		return Prefix{}, err
	}
	l := Landing{dir: t.Dir, part: t.partName()}
	f, err := l.openOldPart()
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, &codec.Error{Code: codec.NotRegular}) {
		return Prefix{}, nil // not a part file of this user
	}
	if err != nil || f == nil {
		return Prefix{}, err
	}
	defer f.Close()
	fi, err := f.Stat()
	if err != nil || fi.Size() == 0 || !isOwn(f, fi) {
		return Prefix{}, err
	}
	return PrefixOf(ctx, f, fi.Size())
}

// verify returns p as PrefixOf would return it. If the peer has only stated p, verify
// reads f and compares.
func (p Prefix) verify(ctx context.Context, f *os.File) (Prefix, error) {
	if p.read != nil {
		return p, nil
	}
	read, err := PrefixOf(ctx, f, p.Size)
	if err == nil && read.SHA256 != p.SHA256 {
		err = codec.Errorf(codec.Changed, "its first %d bytes differ", p.Size)
	}
	return read, err
}

// same reports whether fi describes the file that was read, unchanged since.
func (r *prefixRead) same(fi os.FileInfo) bool {
	return os.SameFile(r.info, fi) && r.info.ModTime().Equal(fi.ModTime()) &&
		changeTime(r.info).Equal(changeTime(fi))
}

// checkResume checks that the sender continues where t.From ends.
func (r *Receiver) checkResume(t *Target) error {
	from, resumed := r.entry.More.Get("from")
	if !resumed {
		t.From = Prefix{}
		return nil
	}
	n, ok := codec.ParseNumber(from)
	if !ok {
		return codec.Errorf(codec.BadRequest, "from=%s is not a number of bytes", codec.Quote(codec.Lit(from)))
	}
	if n != t.From.Size {
		return codec.Errorf(codec.Changed, "it begins at byte %d, but the part has %d bytes", n, t.From.Size)
	}
	return nil
}
