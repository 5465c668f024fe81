package fileid

import (
	"io/fs"
	"syscall"
)

// identity returns the time when a file was made, because a listing does not have the
// number of the file.
func identity(fi fs.FileInfo) []int64 {
	data, _ := fi.Sys().(*syscall.Win32FileAttributeData)
	return []int64{data.CreationTime.Nanoseconds()}
}

// changed returns the attributes, because a listing does not have the time of their last
// change.
func changed(fi fs.FileInfo) []int64 {
	data, _ := fi.Sys().(*syscall.Win32FileAttributeData)
	return []int64{int64(data.FileAttributes)}
}
