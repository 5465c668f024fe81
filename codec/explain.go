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

// Explain turns any error into an Error about the file or other object called name. An
// Error keeps its code. An error of the system gets the code with the same meaning and
// the text of that code, so that the text is the same on every system.
func Explain(name string, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		c := *e
		if c.Name == "" {
			c.Name = name
		}
		return &c
	}
	if code, text, ok := codeOf(err); ok {
		return &Error{Code: code, Name: name, Text: text, Hint: hintOf(runtime.GOOS, err)}
	}
	return &Error{Code: Internal, Name: name, Text: reasonOf(err)}
}

// reasonOf returns the text of an error of the system without the operation and the name.
func reasonOf(err error) string {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return reasonOf(p.Err)
	}
	if l, ok := errors.AsType[*os.LinkError](err); ok {
		return reasonOf(l.Err)
	}
	if d, ok := errors.AsType[*net.DNSError](err); ok {
		return d.Err
	}
	if a, ok := errors.AsType[*net.AddrError](err); ok {
		return a.Err
	}
	text := err.Error()
	if n, ok := errors.AsType[syscall.Errno](err); ok { // on Windows its text is a sentence
		text = strings.TrimSuffix(text, ".")
		if err == error(n) && len(text) > 1 && text[1] >= 'a' {
			text = strings.ToLower(text[:1]) + text[1:]
		}
	}
	return text
}

// codeOf returns the code for an error of the system, and also a text if the text of the
// code is too general.
func codeOf(err error) (code Code, text string, ok bool) {
	if n, ok := errors.AsType[syscall.Errno](err); ok {
		if row, ok := findErrno(runtime.GOOS, n); ok {
			if row.code == BadName && row.text == "" && !concernsName(err) {
				return Unsupported, cannotDo, true
			}
			return row.code, row.text, true
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
