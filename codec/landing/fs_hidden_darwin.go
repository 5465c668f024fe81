package landing

import (
	"io/fs"
	"syscall"

	"golang.org/x/sys/unix"
)

// hiddenByFlag reports whether a file has the flag that the command "chflags hidden"
// sets. For example, ~/Library has this flag.
func hiddenByFlag(status func() (fs.FileInfo, error)) bool {
	fi, err := status()
	if err != nil {
		return false
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	return ok && st.Flags&unix.UF_HIDDEN != 0
}
