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

// A tree is on disk when its file system was flushed once.

func syncFile(*os.File) error { return nil }

func syncFolder(*os.File) error { return nil }

func syncDisk(d *os.File) error { return unix.Syncfs(int(d.Fd())) }

func renameExclusive(fd int, from, to string) error {
	return unix.Renameat2(fd, from, fd, to, unix.RENAME_NOREPLACE)
}

// bootID returns an ID of this run of the system.
func bootID() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // "" on error: the numbers of files must be enough then
	return string(id)
}

func ctime(st *syscall.Stat_t) time.Time { return time.Unix(st.Ctim.Unix()) }

// A dirReader reads the names in an open folder, with the kinds of files that the folder
// stores, so that no Lstat of each file is needed.
type dirReader struct {
	folder *os.File
	buf    []byte
	some   []dirName
}

// next returns the next names, which are valid until the next call, or io.EOF.
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

// open opens a regular file that was listed and returns its FileInfo, or nil if that
// fails. It never blocks or follows a link.
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
