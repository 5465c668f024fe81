package system

import (
	"unsafe"

	"golang.org/x/sys/windows"
)

// ownsWindow reports whether no other program uses the console of this one.
func ownsWindow() bool {
	var list [2]uint32
	n, _, _ := windows.NewLazySystemDLL("kernel32.dll").NewProc("GetConsoleProcessList").
		Call(uintptr(unsafe.Pointer(&list)), uintptr(len(list)))
	return n == 1
}
