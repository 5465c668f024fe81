package remotetest

import (
	"errors"

	"golang.org/x/sys/windows"
)

// ProcessGone reports whether a process does not exist, or has ended.
func ProcessGone(pid int) bool {
	h, err := windows.OpenProcess(windows.SYNCHRONIZE, false, uint32(pid))
	if err != nil {
		return true
	}
	defer func() { _ = windows.CloseHandle(h) }()
	event, err := windows.WaitForSingleObject(h, 0)
	return err == nil && event == windows.WAIT_OBJECT_0
}

func makeFIFO(string) error { return errors.ErrUnsupported }
