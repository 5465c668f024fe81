package x11

import (
	"net"

	"golang.org/x/sys/unix"
)

// A segment is shared memory to which the X server writes pictures. It has no name, so no
// other program can open it, and the system frees it when no process uses it any more.
type segment struct {
	pix     []byte
	fd      int
	missing bool // the system cannot make a segment
}

func (s *segment) open(size int) (err error) {
	if s.fd, err = unix.MemfdCreate("screen", unix.MFD_CLOEXEC|unix.MFD_ALLOW_SEALING); err != nil {
		return err
	}
	// The memory is sealed against shrinking, because a read beyond its end would end
	// this process.
	if err = unix.Ftruncate(s.fd, int64(size)); err == nil {
		_, err = unix.FcntlInt(uintptr(s.fd), unix.F_ADD_SEALS, unix.F_SEAL_SHRINK)
	}
	if err == nil {
		s.pix, err = unix.Mmap(s.fd, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	}
	if err != nil {
		unix.Close(s.fd)
	}
	return err
}

// pass sends b together with the descriptor of the memory.
func (s *segment) pass(socket *net.UnixConn, b []byte) error {
	defer unix.Close(s.fd)
	_, _, err := socket.WriteMsgUnix(b, unix.UnixRights(s.fd), nil)
	return err
}

func (s *segment) close() {
	if s.pix != nil {
		_ = unix.Munmap(s.pix)
		s.pix = nil
	}
}
