package fileid

import (
	"io/fs"
	"syscall"
)

// identity returns the time when a file was made, because listings have no number of it.
func identity(fi fs.FileInfo) []int64 {
	data, _ := fi.Sys().(*syscall.Win32FileAttributeData)
	return []int64{data.CreationTime.Nanoseconds()}
}

// changed returns the attributes, because listings have no time when they have changed.
func changed(fi fs.FileInfo) []int64 {
	data, _ := fi.Sys().(*syscall.Win32FileAttributeData)
	return []int64{int64(data.FileAttributes)}
}
