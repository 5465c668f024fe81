package codec_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func TestCodesAreGosOwnErrors(t *testing.T) {
	gos := []error{
		fs.ErrNotExist, fs.ErrExist, fs.ErrPermission, fs.ErrInvalid, fs.ErrClosed, context.Canceled,
		context.DeadlineExceeded, os.ErrDeadlineExceeded, errors.ErrUnsupported,
	}
	for code, same := range map[codec.Code][]error{
		codec.NotFound:     {fs.ErrNotExist},
		codec.Exists:       {fs.ErrExist},
		codec.NotAllowed:   {fs.ErrPermission},
		codec.NotEmpty:     nil,
		codec.NotRegular:   nil,
		codec.NotDirectory: nil,
		codec.IsDirectory:  nil,
		codec.BadName:      {fs.ErrInvalid},
		codec.NoSpace:      nil,
		codec.Changed:      nil,
		codec.Mismatch:     nil,
		codec.Partial:      nil,
		codec.Busy:         nil,
		codec.Cancelled:    {context.Canceled},
		codec.Declined:     nil,
		codec.Timeout:      {os.ErrDeadlineExceeded, context.DeadlineExceeded},
		codec.TooBig:       nil,
		codec.BadRequest:   nil,
		codec.BadFrame:     nil,
		codec.UnknownVerb:  nil,
		codec.Unsupported:  {errors.ErrUnsupported},
		codec.NoDisplay:    nil,
		codec.Unpaired:     nil,
		codec.Draining:     nil,
		codec.Internal:     nil,
		"moon":             nil,
	} {
		err := fmt.Errorf("get: %w", &codec.Error{Code: code, Text: "words of its own"})
		var holds []error
		for _, g := range gos {
			if errors.Is(err, g) {
				holds = append(holds, g)
			}
		}
		require.ElementsMatch(t, same, holds, code)
		require.ErrorIs(t, err, is(code))
		require.NotErrorIs(t, err, is("another"))
	}
}

// across returns err as the receiver of its ERR gets it.
func across(t *testing.T, err *codec.Error) *codec.Error {
	words, serr := codec.Split(codec.Join(err.Words()))
	require.NoError(t, serr)
	back, serr := codec.ParseError(words)
	require.NoError(t, serr)
	return back
}

func TestSystemErrorsKeepTheirMeaningOnTheWire(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows answers these calls in its own way")
	}
	dir := t.TempDir()
	path := func(elem ...string) string { return filepath.Join(append([]string{dir}, elem...)...) }
	require.NoError(t, os.WriteFile(path("file"), nil, 0o600))
	require.NoError(t, os.MkdirAll(path("full", "x"), 0o700))
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	late, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	pipe, other := net.Pipe()
	defer other.Close()
	require.NoError(t, pipe.SetDeadline(time.Unix(1, 0)))
	only := func(_ any, err error) error { return err }
	for what, row := range map[string]struct {
		err  error
		code codec.Code
	}{
		"open nothing":         {only(os.Open(path("nothing"))), codec.NotFound},
		"make what is there":   {os.Mkdir(path("full"), 0o700), codec.Exists},
		"link over a file":     {os.Link(path("file"), path("file")), codec.Exists},
		"remove a full folder": {os.Remove(path("full")), codec.NotEmpty},
		"below a file":         {only(os.Open(path("file", "x"))), codec.NotDirectory},
		"read a folder":        {only(os.ReadFile(path("full"))), codec.IsDirectory},
		"a name too long":      {only(os.Open(path(strings.Repeat("n", 300)))), codec.BadName},
		"a name with NUL":      {only(os.Open(path("a\x00b"))), codec.BadName},
		"out of the root":      {only(root.Open("../x")), codec.NotAllowed},
		"a deadline":           {only(pipe.Read(make([]byte, 1))), codec.Timeout},
		"late":                 {late.Err(), codec.Timeout},
		"cancelled":            {gone.Err(), codec.Cancelled},
		"permission":           {&fs.PathError{Op: "open", Path: "x", Err: syscall.EACCES}, codec.NotAllowed},
		"not permitted":        {&fs.PathError{Op: "chown", Path: "x", Err: syscall.EPERM}, codec.NotAllowed},
		"read only":            {&fs.PathError{Op: "open", Path: "x", Err: syscall.EROFS}, codec.NotAllowed},
		"full disk":            {&fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}, codec.NoSpace},
		"quota":                {&fs.PathError{Op: "write", Path: "x", Err: syscall.EDQUOT}, codec.NoSpace},
		"busy":                 {&fs.PathError{Op: "remove", Path: "x", Err: syscall.EBUSY}, codec.Busy},
		"a running program":    {&fs.PathError{Op: "open", Path: "x", Err: syscall.ETXTBSY}, codec.Busy},
		"EINVAL of a name":     {&fs.PathError{Op: "open", Path: "x", Err: syscall.EINVAL}, codec.BadName},
		"EINVAL of a read":     {&fs.PathError{Op: "read", Path: "x", Err: syscall.EINVAL}, codec.Unsupported},
		"EINVAL of a call":     {os.NewSyscallError("copy_file_range", syscall.EINVAL), codec.Unsupported},
		"links in a ring":      {&fs.PathError{Op: "open", Path: "x", Err: syscall.ELOOP}, codec.BadName},
		"not here":             {fmt.Errorf("symlink: %w", errors.ErrUnsupported), codec.Unsupported},
		"no such call":         {&os.SyscallError{Syscall: "x", Err: syscall.ENOSYS}, codec.Unsupported},
		"anything else":        {errors.New("the moon is full"), codec.Internal},
	} {
		require.Error(t, row.err, what)
		e := codec.Explain("my name", row.err)
		require.Equal(t, row.code, e.Code, "%s: %v", what, row.err)
		require.Equal(t, "my name", e.Name)
		require.NotContains(t, e.Error(), dir, "%s: the path as it was asked for, not as we had it", what)
		back := across(t, e)
		require.Equal(t, e.Error(), back.Error())
		require.Equal(t, e.Code, back.Code)
	}
}

func TestExplainLeavesOutThePath(t *testing.T) {
	reason := errors.New("the moon is full")
	require.EqualError(
		t, codec.Explain("x", &fs.PathError{Op: "open", Path: "/root/x", Err: reason}),
		"x: the moon is full",
	)
	require.EqualError(
		t, codec.Explain("x", &os.LinkError{Op: "rename", Old: "/root/x", New: "/root/y", Err: reason}),
		"x: the moon is full",
	)
	require.EqualError(t, codec.Explain("x", reason), "x: the moon is full")
}

func TestExplainAddsATextIfTheCodeIsTooGeneral(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has numbers of its own, and links for few")
	}
	require.EqualError(
		t, codec.Explain("x", &fs.PathError{Op: "open", Path: "/x", Err: syscall.EROFS}),
		"x: the file system is read-only",
	)
	loop := filepath.Join(t.TempDir(), "loop")
	require.NoError(t, os.Symlink("loop", loop))
	_, err := os.Open(loop)
	_, lerr := filepath.EvalSymlinks(loop)
	for _, err := range []error{err, lerr} {
		e := codec.Explain("loop", err)
		require.Equal(t, codec.BadName, e.Code)
		require.EqualError(t, e, "loop: too many links: one of them leads to itself, perhaps")
	}
	require.Equal(
		t, codec.Internal,
		codec.Explain("x", &fs.PathError{Op: "link", Path: "/x", Err: syscall.EMLINK}).Code,
		"those are others",
	)
}

func TestExplainKeepsAnErrorAsItIs(t *testing.T) {
	own := codec.Errorf(codec.Busy, "locked by %s", "Excel")
	own.Hint = "close it"
	e := codec.Explain("x", fmt.Errorf("copy: %w", own))
	require.Equal(t, &codec.Error{Code: codec.Busy, Text: "locked by Excel", Name: "x", Hint: "close it"}, e)
	require.Empty(t, own.Name, "the original is nobody else's to change")

	require.Equal(t, "x", codec.Explain("y", e).Name, "the nearest name stays")
}

func TestAnErrorInWords(t *testing.T) {
	require.EqualError(t, codec.Errorf(codec.NotFound, ""), "no such file or folder")
	require.EqualError(t, codec.Errorf(codec.NotFound, "no %d", 7), "no 7")
	require.EqualError(t, &codec.Error{Code: codec.Busy, Name: "x"}, "x: in use")
	require.EqualError(t, codec.Errorf("moon", ""), "internal error")
}

func TestUnknownCodeIsInternal(t *testing.T) {
	require.Equal(t, "internal full", codec.Join(codec.Errorf("moon", "full").Words()))
	e, err := codec.ParseNote(codec.Errorf("moon", "full").Note())
	require.NoError(t, err)
	require.Equal(t, codec.Errorf(codec.Internal, "full"), e)
}
