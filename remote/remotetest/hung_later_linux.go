package remotetest

import (
	"encoding/binary"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// The requests of FUSE that a Hung answers or leaves unanswered; see fuse.h of Linux.
const (
	fuseLookup     = 1
	fuseForget     = 2
	fuseGetattr    = 3
	FuseOpen       = 14
	FuseRead       = 15
	fuseRelease    = 18
	fuseFlush      = 25
	FuseAccess     = 34
	fuseInterrupt  = 36
	fuseManyForget = 42
)

// HungLater is like HungFolder, but the folder contains the program prog, and only the
// requests whose numbers are in hangs are left unanswered.
func HungLater(t *testing.T, dir string, hangs ...uint32) *Hung {
	t.Helper()
	h := HungFolder(t, dir)
	stop, over := make(chan struct{}), make(chan struct{})
	t.Cleanup(func() { // before the Cleanup of HungFolder
		close(stop)
		<-over
	})
	go func() {
		defer close(over)
		request := make([]byte, 64<<10)
		for {
			select {
			case <-stop:
				return
			default:
			}
			const delay = 20 // in milliseconds
			if n, _ := unix.Poll([]unix.PollFd{{Fd: int32(h.fd), Events: unix.POLLIN}}, delay); n == 0 {
				continue
			}
			n, err := unix.Read(h.fd, request)
			if err != nil {
				return
			}
			if reply := h.reply(request[:n], hangs); reply != nil {
				_, _ = unix.Write(h.fd, reply) // fails if the request was interrupted
			}
		}
	}()
	return h
}

// program is the content of the file prog.
const program = "#!/bin/sh\nexit 0\n"

// reply returns the answer to a request, or nil.
func (h *Hung) reply(request []byte, hangs []uint32) []byte {
	ints := binary.NativeEndian
	opcode, unique, node := ints.Uint32(request[4:]), request[8:16], ints.Uint64(request[16:])
	switch {
	case slices.Contains(hangs, opcode):
		h.left.Add(1)
		return nil
	case opcode == fuseForget, opcode == fuseManyForget, opcode == fuseInterrupt:
		return nil
	}
	reply := make([]byte, 16) // fuse_out_header
	copy(reply[8:], unique)
	fail := func(errno unix.Errno) { ints.PutUint32(reply[4:], uint32(-int32(errno))) }
	switch opcode {
	case fuseLookup:
		if string(request[40:len(request)-1]) != "prog" {
			fail(unix.ENOENT)
			break
		}
		reply = append(reply, make([]byte, 40)...) // fuse_entry_out
		ints.PutUint64(reply[16:], 2)              // its node
		reply = append(reply, attributes(2)...)
	case fuseGetattr:
		reply = append(append(reply, make([]byte, 16)...), attributes(node)...) // fuse_attr_out
	case FuseOpen:
		reply = append(reply, make([]byte, 16)...) // fuse_open_out
	case FuseRead:
		reply = append(reply, program...)
	case FuseAccess, fuseRelease, fuseFlush:
	default:
		fail(unix.ENOSYS)
	}
	ints.PutUint32(reply, uint32(len(reply)))
	return reply
}

// attributes returns the fuse_attr of the root or of prog.
func attributes(node uint64) []byte {
	b := make([]byte, 88)
	mode, size := uint32(unix.S_IFREG|0o755), uint64(len(program))
	if node == 1 {
		mode, size = unix.S_IFDIR|0o755, 0
	}
	binary.NativeEndian.PutUint64(b, node)
	binary.NativeEndian.PutUint64(b[8:], size)
	binary.NativeEndian.PutUint32(b[60:], mode)
	binary.NativeEndian.PutUint32(b[64:], 1) // number of links
	return b
}
