package codectest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// Folding is a file system in memory that treats several different names as the same
// name, as the file systems of Windows and macOS do.
type Folding struct {
	Fold    func(name string) string // returns the same text for names that are the same
	NoLinks bool                     // there are no hard links, and no renames that fail if the new name is taken
	Refuses func(name string) bool   // reports whether a name cannot be stored; may be nil

	nodes  []*node              // the nodes, indexed by their numbers; the first number is 1
	leaves func(op uint32) bool // reports whether requests with this number are left unanswered; may be nil
}

func (f *Folding) addRoot() {
	f.nodes = []*node{nil}
	f.add(unix.S_IFDIR | 0o755)
}

// Mount mounts f at a new folder until the test ends, and returns its path. If this
// machine has no FUSE, it skips the test.
func (f *Folding) Mount(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "folding")
	fd := mount(t, path)
	f.addRoot()
	served := make(chan error, 1)
	go func() { served <- serve(fd, f) }()
	t.Cleanup(func() {
		if err := errors.Join(unix.Unmount(path, unix.MNT_DETACH), <-served, unix.Close(fd)); err != nil {
			t.Error(err)
		}
	})
	if err := refusePolls(path); err != nil {
		t.Fatal(err)
	}
	return path
}

// refusePolls polls a file once, so that the system learns that this file system does not
// support polling. Otherwise the Go runtime would poll the first file that is opened, in
// a goroutine that cannot be stopped during the poll. If a garbage collection began at
// that moment, the poll would never be answered.
func refusePolls(path string) error {
	name := filepath.Join(path, "poll")
	fd, err := unix.Open(name, unix.O_CREAT|unix.O_RDWR|unix.O_CLOEXEC, 0o600)
	if err != nil {
		return err
	}
	_, err = unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, 0)
	return errors.Join(err, unix.Close(fd), unix.Unlink(name))
}

// skipWithout skips a test because this machine lacks something. In CI the test fails.
func skipWithout(t testing.TB, what ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what...)
	}
	t.Skip(what...)
}

// A node is a file, a folder or a link.
type node struct {
	number  uint64
	mode    uint32 // the permissions and the kind of the node
	names   uint32 // the number of hard links
	mtime   time.Time
	ctime   time.Time
	data    []byte // the contents of a file, or the target of a link
	entries []entry
}

// An entry is a name in a folder.
type entry struct {
	name string
	node *node
}

func (n *node) is(kind uint32) bool { return n.mode&unix.S_IFMT == kind }

func (f *Folding) add(mode uint32) *node {
	now := time.Now()
	n := &node{number: uint64(len(f.nodes)), mode: mode, mtime: now, ctime: now}
	f.nodes = append(f.nodes, n)
	return n
}

// find returns the index of the entry that has the same name, or -1.
func (f *Folding) find(dir *node, name string) int {
	for i, e := range dir.entries {
		if f.Fold(e.name) == f.Fold(name) {
			return i
		}
	}
	return -1
}

// make makes a new node in a folder.
func (f *Folding) make(dir *node, name string, mode uint32, data []byte) (*node, error) {
	if f.find(dir, name) >= 0 {
		return nil, unix.EEXIST
	}
	n := f.add(mode)
	n.data = data
	return n, f.enter(dir, name, n)
}

// enter gives a node a name in a folder.
func (f *Folding) enter(dir *node, name string, n *node) error {
	if f.Refuses != nil && f.Refuses(name) {
		return unix.EILSEQ
	}
	dir.entries = append(dir.entries, entry{name, n})
	dir.mtime = time.Now()
	n.names++
	n.ctime = dir.mtime
	return nil
}

func (f *Folding) remove(dir *node, name string, folder bool) error {
	i := f.find(dir, name)
	if i < 0 {
		return unix.ENOENT
	}
	n := dir.entries[i].node
	switch {
	case folder && !n.is(unix.S_IFDIR):
		return unix.ENOTDIR
	case !folder && n.is(unix.S_IFDIR):
		return unix.EISDIR
	case len(n.entries) > 0:
		return unix.ENOTEMPTY
	}
	dir.entries = append(dir.entries[:i:i], dir.entries[i+1:]...)
	dir.mtime = time.Now()
	n.names--
	return nil
}

func (f *Folding) rename(from *node, old string, to *node, name string, flags uint32) error {
	i := f.find(from, old)
	if i < 0 {
		return unix.ENOENT
	}
	n := from.entries[i].node
	there := f.find(to, name)
	switch {
	case flags&^unix.RENAME_NOREPLACE != 0 || flags != 0 && f.NoLinks:
		return unix.EINVAL
	case there >= 0 && flags != 0:
		return unix.EEXIST
	case f.Refuses != nil && f.Refuses(name):
		return unix.EILSEQ
	case there >= 0 && to.entries[there].node != n:
		if err := f.remove(to, name, n.is(unix.S_IFDIR)); err != nil {
			return err
		}
	}
	i = f.find(from, old)
	from.entries = append(from.entries[:i:i], from.entries[i+1:]...)
	n.names--
	return f.enter(to, name, n)
}

func (f *Folding) link(n, dir *node, name string) error {
	switch {
	case f.NoLinks:
		return unix.EPERM
	case f.find(dir, name) >= 0:
		return unix.EEXIST
	}
	return f.enter(dir, name, n)
}

// write writes data at an offset.
func (n *node) write(at uint64, data []byte) {
	n.resize(max(uint64(len(n.data)), at+uint64(len(data))))
	copy(n.data[at:], data)
	n.mtime = time.Now()
	n.ctime = n.mtime
}

func (n *node) resize(size uint64) {
	n.data = append(n.data, make([]byte, max(size, uint64(len(n.data)))-uint64(len(n.data)))...)[:size]
}

// LowerASCII folds the case of the letters A to Z.
func LowerASCII(name string) string {
	b := []byte(name)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}

// Harvest returns everything below a folder, in a map from paths to contents. The path of
// a folder ends in /, and its contents are empty. The contents of a link are "->" and its
// target.
func Harvest(t testing.TB, dir string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == dir {
			return err
		}
		name := filepath.ToSlash(path[len(dir)+1:])
		switch {
		case d.IsDir():
			all[name+"/"] = ""
		case d.Type() == fs.ModeSymlink:
			target, err := os.Readlink(path)
			all[name] = "->" + target
			return err
		default:
			b, err := os.ReadFile(path)
			all[name] = string(b)
			return err
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
