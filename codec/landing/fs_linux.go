package landing

import (
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
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // "" on error; the file numbers must then suffice
	return string(id)
}

func ctime(st *syscall.Stat_t) time.Time { return time.Unix(st.Ctim.Unix()) }
