package codectest

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A Hung is a mounted file system that leaves requests unanswered.
type Hung struct {
	Path string

	// Wake unmounts the file system. Every request that waits for it fails.
	Wake func()

	fd   int
	left <-chan struct{} // closed when the first request is left unanswered; nil if none is read
}

// newPlain returns a file system in which different names are different.
func newPlain() *Folding {
	f := &Folding{Fold: func(name string) string { return name }}
	f.addRoot()
	return f
}

// HungFolder mounts a Hung at the folder hung in dir, which it makes if necessary. The
// Hung answers no request. If this machine has no FUSE, HungFolder skips the test.
func HungFolder(t testing.TB, dir string) *Hung {
	t.Helper()
	h := &Hung{Path: filepath.Join(dir, "hung")}
	h.fd = mount(t, h.Path)
	h.Wake = sync.OnceFunc(func() { _ = h.unmount(nil) })
	t.Cleanup(h.Wake)
	f := newPlain()
	if err := f.answerNext(h.fd, make([]byte, requestSize)); err != nil { // the first request initializes FUSE
		t.Fatal(err)
	}
	return h
}

// HungLater is like HungFolder, but the folder contains the executable script prog, and
// the Hung leaves only the requests with the numbers in hangs unanswered.
//
// A process that waits for such an answer cannot be killed, so a test must call Wake
// before it waits for the process.
func HungLater(t testing.TB, dir string, hangs ...uint32) *Hung {
	t.Helper()
	left := make(chan struct{})
	h := &Hung{Path: filepath.Join(dir, "hung"), left: left}
	h.fd = mount(t, h.Path)
	f := newPlain()
	if _, err := f.make(f.nodes[1], "prog", unix.S_IFREG|0o755, []byte("#!/bin/sh\nexit 0\n")); err != nil {
		t.Fatal(err)
	}
	leave := sync.OnceFunc(func() { close(left) })
	f.leaves = func(op uint32) bool {
		found := slices.Contains(hangs, op)
		if found {
			leave()
		}
		return found
	}
	served := make(chan error, 1)
	go func() { served <- serve(h.fd, f) }()
	h.Wake = sync.OnceFunc(func() {
		if err := h.unmount(served); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(h.Wake)
	return h
}

// unmount ends all requests and waits for served, unless it is nil.
func (h *Hung) unmount(served <-chan error) (err error) {
	_ = unix.Unmount(h.Path, unix.MNT_FORCE) // ends all requests, even if a child has a copy of fd
	if served != nil {
		err = <-served
	}
	_ = unix.Close(h.fd)
	_ = unix.Unmount(h.Path, unix.MNT_DETACH)
	return err
}

// Await waits until something waits for the file system.
func (h *Hung) Await(t testing.TB) {
	t.Helper()
	timeout := time.After(time.Minute) // even the slowest machine needs much less time
	for waits := false; !waits; {
		select {
		case <-h.left:
			return
		case <-timeout:
			t.Fatal("nothing waits for " + h.Path)
		case <-time.After(5 * time.Millisecond):
			waits = h.left == nil && h.unread()
		}
	}
}

// unread reports whether there is a request that was not read.
func (h *Hung) unread() bool {
	n, _ := unix.Poll([]unix.PollFd{{Fd: int32(h.fd), Events: unix.POLLIN}}, 0)
	return n == 1
}

// mount mounts a FUSE file system at path, a folder that it makes if necessary. It returns
// the file from which the requests are read. If this machine has no FUSE, mount skips the
// test.
func mount(t testing.TB, path string) (fd int) {
	t.Helper()
	fd, err := unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		skipWithout(t, "no FUSE: ", err)
	}
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	// because of this subtype, a listing of all disks leaves out this file system, also
	// in tests of other packages
	options := fmt.Sprintf("fd=%d,rootmode=40000,user_id=0,group_id=0,subtype=portal", fd)
	if err := unix.Mount("techsh-test", path, "fuse", unix.MS_NOSUID|unix.MS_NODEV, options); err != nil {
		_ = unix.Close(fd)
		_ = os.Remove(path)
		skipWithout(t, "FUSE cannot be mounted: ", err)
	}
	return fd
}
