package transfer

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// What a tree needs to be on disk: each file and folder, and then the disk.
// fsync gives it to the disk, and Sync has the disk write it.

func syncFile(f *os.File) error { return unix.Fsync(int(f.Fd())) }

func syncFolder(d *os.File) error { return unix.Fsync(int(d.Fd())) }

func syncDisk(d *os.File) error { return d.Sync() }

func renameExclusive(fd int, from, to string) error {
	return unix.RenameatxNp(fd, from, fd, to, unix.RENAME_EXCL)
}

// bootID tells this run of this system from all others.
func bootID() string {
	id, _ := unix.Sysctl("kern.bootsessionuuid") // without it the numbers have to do
	return id
}

func ctime(st *syscall.Stat_t) time.Time { return time.Unix(st.Ctimespec.Unix()) }
