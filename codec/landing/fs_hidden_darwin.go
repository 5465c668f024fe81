package landing

import (
	"io/fs"
	"syscall"

	"golang.org/x/sys/unix"
)

// hiddenByFlag reports whether the flag is set that "chflags hidden" sets, as for
// ~/Library.
func hiddenByFlag(status func() (fs.FileInfo, error)) bool {
	fi, err := status()
	if err != nil {
		return false
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	return ok && st.Flags&unix.UF_HIDDEN != 0
}
