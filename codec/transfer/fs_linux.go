package transfer

import (
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// What a tree needs to be on disk: each file and folder, and then the disk.
// Here one flush of the disk does it all.

func syncFile(*os.File) error { return nil }

func syncFolder(*os.File) error { return nil }

func syncDisk(d *os.File) error { return unix.Syncfs(int(d.Fd())) }

func renameExclusive(fd int, from, to string) error {
	return unix.Renameat2(fd, from, fd, to, unix.RENAME_NOREPLACE)
}

// boot tells this run of this system from all others.
func boot() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // without it the numbers have to do
	return string(id)
}

func ctime(st *syscall.Stat_t) time.Time { return time.Unix(st.Ctim.Unix()) }

func setTime(in *folder, name string, t time.Time) error {
	at := unix.NsecToTimespec(t.UnixNano())
	return unix.UtimesNanoAt(int(in.d.Fd()), name, []unix.Timespec{at, at}, unix.AT_SYMLINK_NOFOLLOW)
}
