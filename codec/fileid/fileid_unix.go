//go:build unix

package fileid

import (
	"io/fs"
	"syscall"
)

// identity returns the numbers that identify a file on this computer.
func identity(fi fs.FileInfo) []int64 {
	st, _ := fi.Sys().(*syscall.Stat_t)
	return []int64{int64(st.Dev), int64(st.Ino)}
}

// changed returns the time when a file or its attributes last changed. Programs cannot
// set this time.
func changed(fi fs.FileInfo) []int64 {
	st, _ := fi.Sys().(*syscall.Stat_t)
	t := ctime(st)
	seconds, nanoseconds := t.Unix()
	return []int64{seconds, nanoseconds}
}
