package transfer

import (
	"bytes"
	"encoding/binary"
	"io"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// What a tree needs to be on disk: each file and folder, and then the disk.
// Here one flush of the disk does it all.

func syncFile(*os.File) error { return nil }

func syncFolder(*os.File) error { return nil }

func syncDisk(d *os.File) error { return unix.Syncfs(int(d.Fd())) }

func renameExclusive(fd int, from, to string) error {
	return unix.Renameat2(fd, from, fd, to, unix.RENAME_NOREPLACE)
}

// bootID tells this run of this system from all others.
func bootID() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // without it the numbers have to do
	return string(id)
}

func ctime(st *syscall.Stat_t) time.Time { return time.Unix(st.Ctim.Unix()) }

// A dirReader reads the names in an open folder, each with what the folder tells
// of it: that spares a look at every file before it is opened.
type dirReader struct {
	folder *os.File
	buf    []byte
	some   []dirName
}

// next returns the next names, which are good until it is called again, or
// io.EOF.
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

// open opens a file that was listed as one, and returns what it is now; or nil,
// when it cannot be had so. It never waits, and follows no link.
func (l *dirReader) open(c dirName) (*os.File, os.FileInfo) {
	if !c.regular {
		return nil, nil
	}
	f, err := openAt(l.folder, c.name, unix.O_RDONLY|nonblock)
	if err != nil {
		return nil, nil
	}
	fi, err := f.Stat()
	if err != nil || !fi.Mode().IsRegular() {
		f.Close()
		return nil, nil
	}
	return f, fi
}
