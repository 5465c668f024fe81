package codec

import (
	"context"
	"errors"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"syscall"
)

// Explain turns any error into an Error about name. An Error keeps its code. An error of
// the system gets the code of the same meaning and the text of that code, so that the
// text is the same on every system.
func Explain(name string, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		c := *e
		if c.Name == "" {
			c.Name = name
		}
		return &c
	}
	if code, text, ok := codeOf(err); ok {
		return &Error{Code: code, Name: name, Text: text}
	}
	return &Error{Code: Internal, Name: name, Text: reasonOf(err)}
}

// reasonOf returns the text of an error of the system without the operation and the name.
func reasonOf(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err.Error()
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return l.Err.Error()
	}
	if d, ok := errors.AsType[*net.DNSError](err); ok {
		return d.Err
	}
	if a, ok := errors.AsType[*net.AddrError](err); ok {
		return a.Err
	}
	return err.Error()
}

// codeOf returns the code for an error of the system, and also a text if the text of the
// code is too general.
func codeOf(err error) (code Code, text string, ok bool) {
	if n, ok := errors.AsType[syscall.Errno](err); ok {
		if n == syscall.EINVAL && !concernsName(err) {
			return Unsupported, "the system cannot do that with this file", true
		}
		for _, row := range errnos() {
			if row.os == "" || row.os == runtime.GOOS {
				if row.errno == n {
					return row.code, row.text, true
				}
			}
		}
	}
	switch {
	case errors.Is(err, exec.ErrNotFound):
		return NotFound, "no such program", true
	case errors.Is(err, fs.ErrNotExist):
		return NotFound, "", true
	case errors.Is(err, fs.ErrExist):
		return Exists, "", true
	case errors.Is(err, fs.ErrPermission):
		return NotAllowed, "", true
	case errors.Is(err, context.Canceled):
		return Cancelled, "", true
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return Timeout, "", true
	case errors.Is(err, errors.ErrUnsupported):
		return Unsupported, "", true
	case errors.Is(err, fs.ErrInvalid):
		return BadName, "", true
	case strings.HasSuffix(err.Error(), "path escapes from parent"): // os.Root has no error value for it
		return NotAllowed, "", true
	case strings.HasSuffix(err.Error(), "EvalSymlinks: too many links"): // filepath has no error value either
		return BadName, tooManyLinks, true
	}
	return "", "", false
}

// concernsName reports whether an error may be about the name of a file. It returns false
// for the error of an operation on an open file; many files in /proc and /sys refuse such
// operations.
func concernsName(err error) bool {
	if _, ok := errors.AsType[*os.SyscallError](err); ok {
		return false
	}
	p, ok := errors.AsType[*fs.PathError](err)
	return !ok || !slices.Contains([]string{"read", "write", "seek", "sync", "truncate", "readdirent", "chmod"}, p.Op)
}

const (
	readOnly     = "the file system is read-only"
	tooManyLinks = "too many links: one of them leads to itself, perhaps"
)

type errnoRow struct {
	os    string // "" means every system; syscall defines these constants on Windows too
	errno syscall.Errno
	code  Code
	text  string // "" is the text of the code
}

func errnos() []errnoRow {
	return []errnoRow{
		{"", syscall.ENOTEMPTY, NotEmpty, ""},
		{"", syscall.ENOTDIR, NotDirectory, ""},
		{"", syscall.EISDIR, IsDirectory, ""},
		{"", syscall.ENOSPC, NoSpace, ""},
		{"", syscall.EDQUOT, NoSpace, ""},
		{"", syscall.EROFS, NotAllowed, readOnly},
		{"", syscall.ENAMETOOLONG, BadName, ""},
		{"", syscall.EBUSY, Busy, ""},
		{"", syscall.ETXTBSY, Busy, ""},
		{"", syscall.EINVAL, BadName, ""},
		{"", syscall.ELOOP, BadName, tooManyLinks},
		{"windows", 19, NotAllowed, readOnly}, // ERROR_WRITE_PROTECT
		{"windows", 32, Busy, ""},             // ERROR_SHARING_VIOLATION
		{"windows", 33, Busy, ""},             // ERROR_LOCK_VIOLATION
		{"windows", 112, NoSpace, ""},         // ERROR_DISK_FULL
		{"windows", 123, BadName, ""},         // ERROR_INVALID_NAME
		{"windows", 145, NotEmpty, ""},        // ERROR_DIR_NOT_EMPTY
		{"windows", 267, NotDirectory, ""},    // ERROR_DIRECTORY
	}
}
