package landing

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// A tree is on disk when each of its files and folders was flushed with fsync, and the
// disk was then flushed with Sync. fsync only sends the data to the disk; Sync also makes
// the disk write its cache.

func syncFile(f *os.File) error { return unix.Fsync(int(f.Fd())) }

func syncFolder(d *os.File) error { return unix.Fsync(int(d.Fd())) }

func syncDisk(d *os.File) error { return d.Sync() }

func renameExclusive(fd int, from, to string) error {
	return unix.RenameatxNp(fd, from, fd, to, unix.RENAME_EXCL)
}

// withShortName returns root.
func withShortName(root *os.Root) *os.Root { return root }

// bootID returns an ID of this run of the system.
func bootID() string {
	id, _ := unix.Sysctl("kern.bootsessionuuid") // "" on error; the file numbers must then suffice
	return id
}

func ctime(st *syscall.Stat_t) time.Time { return time.Unix(st.Ctimespec.Unix()) }
