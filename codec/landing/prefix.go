package landing

import (
	"context"
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
	sums Sums
}

const readSize = 256 << 10 // bytes that are read at once

// PrefixOf reads the first size bytes of f and returns them as a Prefix. The position of
// f does not matter. If f has fewer bytes, the error has the code Changed.
func PrefixOf(ctx context.Context, f *os.File, size int64) (Prefix, error) {
	info, err := f.Stat()
	if err != nil {
		return Prefix{}, err
	}
	r := &prefixRead{info: info, sums: NewSums(true)}
	buf := make([]byte, readSize)
	for at := int64(0); at < size; {
		if ctx.Err() != nil {
			return Prefix{}, context.Cause(ctx)
		}
		n, err := f.ReadAt(buf[:min(readSize, size-at)], at)
		r.sums.Add(buf[:n])
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

// Part returns the prefix that an earlier landing with the same Dir, Name and Key has
// left in its part file, or the zero Prefix if there is none. If such a landing is in
// progress, the error has the code Busy. Part does not close t.Dir.
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

// Verify returns p as PrefixOf would return it. If the peer has only stated p, Verify
// reads f and compares.
func (p Prefix) Verify(ctx context.Context, f *os.File) (Prefix, error) {
	if p.read != nil {
		return p, nil
	}
	read, err := PrefixOf(ctx, f, p.Size)
	if err == nil && read.SHA256 != p.SHA256 {
		err = codec.Errorf(codec.Changed, "its first %d bytes differ", p.Size)
	}
	return read, err
}

// Info returns the FileInfo that the file had before PrefixOf or Verify read it.
func (p Prefix) Info() os.FileInfo { return p.read.info }

// Sums returns the sums of the prefix that PrefixOf or Verify has read. The rest of the
// file can be added to them. They have sha256 only if sha is set.
func (p Prefix) Sums(sha bool) (Sums, error) { return p.read.sums.clone(sha) }

// same reports whether fi describes the file that was read, unchanged since.
func (r *prefixRead) same(fi os.FileInfo) bool {
	return os.SameFile(r.info, fi) && ModTime(r.info).Equal(ModTime(fi)) &&
		changeTime(r.info).Equal(changeTime(fi))
}
