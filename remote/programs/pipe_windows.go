package programs

import (
	"crypto/rand"
	"os"

	"golang.org/x/sys/windows"
)

const pipeSize = 64 << 10

// newPipe returns the server's end and the program's end of a pipe. If input is true, the
// server writes to the pipe. It is a named pipe, because the server's end of it, unlike
// that of os.Pipe, supports deadlines.
func newPipe(input bool) (ours, theirs *os.File, err error) {
	name, err := windows.UTF16PtrFromString(`\\.\pipe\techshd-` + rand.Text())
	if err != nil {
		return nil, nil, err
	}
	var reads, writes uint32 // flags of both ends
	if input {
		writes = windows.FILE_FLAG_OVERLAPPED
	} else {
		reads = windows.FILE_FLAG_OVERLAPPED
	}
	r, err := windows.CreateNamedPipe(
		name, windows.PIPE_ACCESS_INBOUND|windows.FILE_FLAG_FIRST_PIPE_INSTANCE|reads,
		windows.PIPE_REJECT_REMOTE_CLIENTS, 1, 0, pipeSize, 0, nil,
	)
	if err != nil {
		return nil, nil, os.NewSyscallError("CreateNamedPipe", err)
	}
	w, err := windows.CreateFile(
		name, windows.GENERIC_WRITE|windows.FILE_READ_ATTRIBUTES, 0, nil, windows.OPEN_EXISTING, writes, 0,
	)
	if err != nil {
		_ = windows.CloseHandle(r)
		return nil, nil, os.NewSyscallError("CreateFile", err)
	}
	if input {
		return os.NewFile(uintptr(w), "|1"), os.NewFile(uintptr(r), "|0"), nil
	}
	return os.NewFile(uintptr(r), "|0"), os.NewFile(uintptr(w), "|1"), nil
}
