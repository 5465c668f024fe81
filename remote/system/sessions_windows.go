package system

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// EachSession calls the function do for each Windows session.
func EachSession(do func(windows.WTS_SESSION_INFO)) error {
	var first *windows.WTS_SESSION_INFO
	var n uint32
	if err := windows.WTSEnumerateSessions(0, 0, 1, &first, &n); err != nil {
		return err
	}
	defer windows.WTSFreeMemory(uintptr(unsafe.Pointer(first)))
	for _, s := range unsafe.Slice(first, n) {
		do(s)
	}
	return nil
}
