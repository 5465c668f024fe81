package codectest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The numbers of requests; see fuse.h of Linux for them and for the structures.
const (
	opLookup      = 1
	opForget      = 2
	opGetattr     = 3
	opSetattr     = 4
	opReadlink    = 5
	opSymlink     = 6
	opMknod       = 8
	opMkdir       = 9
	opUnlink      = 10
	opRmdir       = 11
	opRename      = 12
	opLink        = 13
	OpOpen        = 14
	OpRead        = 15
	opWrite       = 16
	opStatfs      = 17
	opRelease     = 18
	opFsync       = 20
	opInit        = 26
	opOpendir     = 27
	opReaddir     = 28
	opReleasedir  = 29
	opFsyncdir    = 30
	OpAccess      = 34
	opCreate      = 35
	opInterrupt   = 36
	opDestroy     = 38
	opBatchForget = 42
	opRename2     = 45
)

const (
	inHeader = 40
	maxWrite = 128 << 10

	requestSize = maxWrite + 4096 // FUSE refuses to read into less
)

// serve answers the requests of a mounted file system until it is unmounted.
func serve(fd int, f *Folding) error {
	buf := make([]byte, requestSize)
	for {
		switch err := f.answerNext(fd, buf); {
		case errors.Is(err, unix.ENODEV):
			return nil
		case err != nil:
			return err
		}
	}
}

// answerNext reads a request into buf, and answers it. It returns unix.ENODEV if the file
// system has been unmounted.
func (f *Folding) answerNext(fd int, buf []byte) error {
	n, err := unix.Read(fd, buf)
	switch {
	case errors.Is(err, unix.EINTR), errors.Is(err, unix.ENOENT), errors.Is(err, unix.EAGAIN):
		return nil // the request was interrupted
	case err != nil:
		return err
	}
	r := request{in: buf[inHeader:n], op: binary.NativeEndian.Uint32(buf[4:])}
	r.node = binary.NativeEndian.Uint64(buf[16:])
	switch {
	case r.op == opForget, r.op == opBatchForget, r.op == opInterrupt:
		return nil // these have no answers
	case f.leaves != nil && f.leaves(r.op):
		return nil
	}
	errno := r.answer(f)
	if errno != 0 {
		r.out = nil
	}
	reply := make([]byte, 0, 16+len(r.out))
	reply = binary.NativeEndian.AppendUint32(reply, uint32(16+len(r.out)))
	reply = binary.NativeEndian.AppendUint32(reply, uint32(-int32(errno)))
	reply = append(reply, buf[8:16]...) // the field unique of the request
	reply = append(reply, r.out...)
	if _, err := unix.Write(fd, reply); err != nil && !errors.Is(err, unix.ENOENT) {
		return err
	}
	return nil
}

// A request is a request of the system, and its answer.
type request struct {
	op   uint32
	node uint64
	in   []byte
	out  []byte
}

func (r *request) number(at int) uint32     { return binary.NativeEndian.Uint32(r.in[at:]) }
func (r *request) longNumber(at int) uint64 { return binary.NativeEndian.Uint64(r.in[at:]) }

func (r *request) put(numbers ...uint32) {
	for _, n := range numbers {
		r.out = binary.NativeEndian.AppendUint32(r.out, n)
	}
}

func (r *request) putLong(numbers ...uint64) {
	for _, n := range numbers {
		r.out = binary.NativeEndian.AppendUint64(r.out, n)
	}
}

// texts returns the texts at the end of the request. The first text begins at the offset
// at.
func (r *request) texts(at int) (first, second string) {
	first, rest, _ := strings.Cut(string(r.in[at:]), "\x00")
	second, _, _ = strings.Cut(rest, "\x00")
	return first, second
}

func (r *request) putAttributes(n *node) {
	size := uint64(len(n.data))
	c, m := n.ctime, n.mtime
	r.putLong(n.number, size, (size+511)/512, uint64(m.Unix()), uint64(m.Unix()), uint64(c.Unix()))
	r.put(uint32(m.Nanosecond()), uint32(m.Nanosecond()), uint32(c.Nanosecond()))
	r.put(n.mode, max(n.names, 1), 0, 0, 0, 4096, 0)
}

// putEntry adds the result of a lookup to the answer. The system does not cache this
// result.
func (r *request) putEntry(n *node) {
	r.putLong(n.number, 0, 0, 0)
	r.put(0, 0)
	r.putAttributes(n)
}

func (r *request) answer(f *Folding) syscall.Errno {
	err := r.do(f, f.nodes[min(r.node, uint64(len(f.nodes)-1))])
	if err == nil {
		return 0
	}
	return err.(syscall.Errno)
}

func (r *request) do(f *Folding, n *node) error {
	switch r.op {
	case opInit:
		r.put(r.number(0), r.number(4), r.number(8), 0, 8|8<<16, maxWrite, 1)
		r.out = append(r.out, make([]byte, 36)...)
	case opDestroy, opRelease, opReleasedir, opFsync, opFsyncdir:
	case opGetattr:
		r.putLong(0, 0)
		r.putAttributes(n)
	case opSetattr:
		r.setAttributes(n)
		r.putLong(0, 0)
		r.putAttributes(n)
	case OpOpen, opOpendir:
		r.putLong(0, 0)
	case OpRead, opReaddir:
		r.read(n)
	case opReadlink:
		r.out = n.data
	case opWrite:
		n.write(r.longNumber(8), r.in[40:][:r.number(16)])
		r.put(r.number(16), 0)
	case opStatfs:
		const free = 1 << 20
		r.putLong(free, free, free, free, free)
		r.put(4096, 255, 4096, 0, 0, 0, 0, 0, 0, 0)
	default:
		return r.changeFolder(f, n)
	}
	return nil
}

// changeFolder answers requests about names in a folder.
func (r *request) changeFolder(f *Folding, dir *node) error {
	switch r.op {
	case opLookup:
		name, _ := r.texts(0)
		i := f.find(dir, name)
		if i < 0 {
			return unix.ENOENT
		}
		r.putEntry(dir.entries[i].node)
	case opSymlink:
		name, target := r.texts(0)
		return r.made(f.make(dir, name, unix.S_IFLNK|0o777, []byte(target)))
	case opMkdir:
		name, _ := r.texts(8)
		return r.made(f.make(dir, name, unix.S_IFDIR|r.number(0), nil))
	case opMknod:
		name, _ := r.texts(16)
		return r.made(f.make(dir, name, r.number(0), nil))
	case opCreate:
		name, _ := r.texts(16)
		err := r.made(f.make(dir, name, unix.S_IFREG|r.number(4), nil))
		r.putLong(0, 0)
		return err
	case opLink:
		name, _ := r.texts(8)
		n := f.nodes[r.longNumber(0)]
		return r.made(n, f.link(n, dir, name))
	case opUnlink, opRmdir:
		name, _ := r.texts(0)
		return f.remove(dir, name, r.op == opRmdir)
	case opRename:
		old, name := r.texts(8)
		return f.rename(dir, old, f.nodes[r.longNumber(0)], name, 0)
	case opRename2:
		old, name := r.texts(16)
		return f.rename(dir, old, f.nodes[r.longNumber(0)], name, r.number(8))
	default:
		return unix.ENOSYS
	}
	return nil
}

func (r *request) made(n *node, err error) error {
	if err == nil {
		r.putEntry(n)
	}
	return err
}

func (r *request) setAttributes(n *node) {
	const (
		mode = 1 << iota
		_
		_
		size
		_
		mtime
		_
		_
		mtimeNow
	)
	n.ctime = time.Now()
	valid := r.number(0)
	if valid&mode != 0 {
		n.mode = n.mode&unix.S_IFMT | r.number(68)&0o7777
	}
	if valid&size != 0 {
		n.resize(r.longNumber(16))
		n.mtime = n.ctime
	}
	if valid&mtimeNow != 0 {
		n.mtime = n.ctime
	} else if valid&mtime != 0 {
		n.mtime = time.Unix(int64(r.longNumber(40)), int64(r.number(60)))
	}
}

// read answers a read of a file or of the names in a folder.
func (r *request) read(n *node) {
	at, size := r.longNumber(8), int(r.number(16))
	if !n.is(unix.S_IFDIR) {
		data := n.data[min(at, uint64(len(n.data))):]
		r.out = bytes.Clone(data[:min(size, len(data))])
		return
	}
	for i := int(at); i < len(n.entries); i++ {
		e := n.entries[i]
		padded := (len(e.name) + 7) &^ 7
		if len(r.out)+24+padded > size {
			return
		}
		r.putLong(e.node.number, uint64(i+1))
		r.put(uint32(len(e.name)), e.node.mode&unix.S_IFMT>>12)
		r.out = append(append(r.out, e.name...), make([]byte, padded-len(e.name))...)
	}
}
