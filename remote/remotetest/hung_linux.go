package remotetest

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// A Hung is a file system that never answers a request.
type Hung struct {
	Path string
	Wake func() // makes every request that waits for the file system fail
	fd   int
	left atomic.Int64 // requests that HungLater has read and not answered
}

// HungFolder mounts a Hung at the folder hung in dir, which it makes if necessary.
func HungFolder(t *testing.T, dir string) *Hung {
	t.Helper()
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		SkipWithout(t, "no FUSE: ", err)
	}
	h := &Hung{Path: filepath.Join(dir, "hung"), fd: fd}
	require.NoError(t, os.MkdirAll(h.Path, 0o755))
	// because of the subtype, a listing of all disks leaves this mount out, also in tests
	// of other packages
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0,subtype=portal", fd)
	if err := unix.Mount("techsh-test", h.Path, "fuse", unix.MS_NOSUID|unix.MS_NODEV, options); err != nil {
		unix.Close(fd)
		require.NoError(t, os.Remove(h.Path))
		SkipWithout(t, "FUSE cannot be mounted: ", err)
	}
	h.Wake = sync.OnceFunc(func() {
		_ = unix.Unmount(h.Path, unix.MNT_FORCE) // ends all requests, even if a child has a copy of fd
		unix.Close(fd)
		_ = unix.Unmount(h.Path, unix.MNT_DETACH)
	})
	t.Cleanup(h.Wake)
	require.NoError(t, h.begin())
	return h
}

// begin answers the first request, FUSE_INIT; see fuse.h of Linux for the structures.
func (h *Hung) begin() error {
	request := make([]byte, 64<<10)
	if _, err := unix.Read(h.fd, request); err != nil {
		return err
	}
	const size = 16 + 64 // fuse_out_header, fuse_init_out
	reply := make([]byte, size)
	binary.NativeEndian.PutUint32(reply, size)
	copy(reply[8:16], request[8:16])                   // unique
	copy(reply[16:28], request[40:52])                 // major, minor, max_readahead
	binary.NativeEndian.PutUint32(reply[32:], 8|8<<16) // max_background, congestion_threshold
	binary.NativeEndian.PutUint32(reply[36:], 64<<10)  // max_write
	binary.NativeEndian.PutUint32(reply[40:], 1)       // time_gran
	_, err := unix.Write(h.fd, reply)
	return err
}

// Await waits until something waits for the file system.
func (h *Hung) Await(t testing.TB) {
	t.Helper()
	Eventually(t, "nothing hangs", func() bool {
		n, _ := unix.Poll([]unix.PollFd{{Fd: int32(h.fd), Events: unix.POLLIN}}, 0)
		return n == 1 || h.left.Load() > 0
	})
}
