package codec

import "syscall"

// ErrnoOn returns what Explain says about an error number of a system (GOOS).
func ErrnoOn(system string, n syscall.Errno) (e *Error, known bool) {
	row, known := findErrno(system, n)
	return &Error{Code: row.code, Text: row.text}, known
}
