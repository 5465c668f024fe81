package codec

import "syscall"

// HintOn returns the hint that Explain adds to an error of a system (GOOS).
func HintOn(system string, err error) string { return hintOf(system, err) }

// ErrnoOn returns what Explain says about an error number of a system (GOOS).
func ErrnoOn(system string, n syscall.Errno) (e *Error, known bool) {
	row, known := findErrno(system, n)
	return &Error{Code: row.code, Text: row.text}, known
}
