package transfer

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// A dirReader reads the names in an open folder. The folder also stores the kinds of the
// files, so that no Lstat of each file is needed.
type dirReader struct {
	folder *os.File
	buf    []byte
	some   []dirName
}

// next returns the next names, or io.EOF after the last ones. The names are valid until
// next is called again.
func (l *dirReader) next() ([]dirName, error) {
	if l.buf == nil {
		l.buf = make([]byte, 8<<10)
	}
	n, err := unix.Getdents(int(l.folder.Fd()), l.buf)
	for err == unix.EINTR {
		n, err = unix.Getdents(int(l.folder.Fd()), l.buf)
	}
	if err != nil {
		return nil, os.NewSyscallError("getdents64", err)
	}
	if n == 0 {
		return nil, io.EOF
	}
	l.some = l.some[:0]
	const head = 19 // struct linux_dirent64, see getdents(2): inode, offset, size, type, name
	for b := l.buf[:n]; len(b) > head; {
		size := int(binary.NativeEndian.Uint16(b[16:]))
		if size <= head || size > len(b) {
			break
		}
		name, _, _ := bytes.Cut(b[head:size], []byte{0})
		if text := string(name); text != "." && text != ".." {
			l.some = append(l.some, dirName{text, b[18] == unix.DT_REG})
		}
		b = b[size:]
	}
	return l.some, nil
}

// open opens a regular file that was listed and returns the file and its FileInfo, or nil
// for both if that fails. It never blocks and never follows a link.
func (l *dirReader) open(c dirName) (*os.File, os.FileInfo) {
	if !c.regular {
		return nil, nil
	}
	const flags = unix.O_RDONLY | unix.O_NONBLOCK | unix.O_NOFOLLOW | unix.O_CLOEXEC
	fd, err := unix.Openat(int(l.folder.Fd()), c.name, flags, 0)
	if err != nil {
		return nil, nil
	}
	f := os.NewFile(uintptr(fd), c.name)
	fi, err := f.Stat()
	if err != nil || !fi.Mode().IsRegular() {
		f.Close()
		return nil, nil
	}
	return f, fi
}
