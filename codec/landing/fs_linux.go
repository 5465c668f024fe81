package landing

import (
	"os"
	"strconv"
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

// withShortName returns root opened again under a short name, and closes root. It returns
// root itself if that is not possible.
func withShortName(root *os.Root) *os.Root {
	f, err := root.Open(".")
	if err != nil {
		return root
	}
	defer f.Close()
	short, err := os.OpenRoot("/proc/self/fd/" + strconv.Itoa(int(f.Fd())))
	if err != nil { // such as without /proc
		return root
	}
	root.Close()
	return short
}

// bootID returns an ID of this run of the system.
func bootID() string {
	id, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // "" on error; the file numbers must then suffice
	return string(id)
}

func ctime(st *syscall.Stat_t) time.Time { return time.Unix(st.Ctim.Unix()) }
