package codec_test

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

// The numbers are those of winerror.h.
func TestWindowsErrorsHaveTheMeaningOfTheirCode(t *testing.T) {
	for n, want := range map[syscall.Errno]string{
		1:     "unsupported: the system cannot do that with this file",
		15:    "not-found: no such drive",
		19:    "not-allowed: the file system is read-only",
		21:    "not-found: no disk is in the drive",
		32:    "busy: in use",
		33:    "busy: in use",
		39:    "no-space: no space left on the disk",
		64:    "not-found: the other computer, or what it shares, cannot be reached",
		87:    "bad-name: not a usable name",
		112:   "no-space: no space left on the disk",
		123:   "bad-name: not a usable name",
		145:   "not-empty: the folder is not empty",
		161:   "bad-name: not a usable name",
		193:   "unsupported: not a program of this system",
		206:   "bad-name: the name or the path is too long for this system",
		216:   "unsupported: not a program of this system",
		223:   "too-big: the file is too large for the file system",
		225:   "not-allowed: the virus scanner takes it for malware",
		267:   "not-directory: not a folder",
		303:   "busy: it is deleted as soon as no program has it open",
		362:   "busy: it is in the cloud, and cannot be fetched now",
		363:   "internal: it is in the cloud, and what the disk has of it is damaged",
		364:   "internal: it is in the cloud, and what the disk has of it is damaged",
		740:   "not-allowed: it needs the rights of an administrator",
		1223:  "declined: the person at the screen declined it",
		1224:  "busy: in use",
		1260:  "not-allowed: a policy of this computer forbids it",
		1295:  "no-space: no space left on the disk",
		1314:  "not-allowed: it needs a privilege that this user does not have",
		1920:  "unsupported: the system cannot do that with this file",
		1921:  "bad-name: too many links: one of them leads to itself, perhaps",
		10013: "not-allowed: permission denied",
		10048: "busy: another program listens on it",
	} {
		e, known := codec.ErrnoOn("windows", n)
		require.True(t, known, n)
		require.Equal(t, want, fmt.Sprintf("%s: %v", e.Code, e), n)
	}
	_, known := codec.ErrnoOn("linux", 740)
	require.False(t, known)
}

// The same mistake has the same words on every system.
func TestErrorsOfUnixAndWindowsAreWordedOnce(t *testing.T) {
	for unix, windows := range map[syscall.Errno]syscall.Errno{
		syscall.ENOSPC: 112, syscall.EDQUOT: 1295, syscall.EROFS: 19, syscall.ENAMETOOLONG: 206,
		syscall.EBUSY: 32, syscall.EINVAL: 87, syscall.ELOOP: 1921, syscall.ENOEXEC: 193, syscall.EFBIG: 223,
		syscall.ENOTEMPTY: 145, syscall.ENOTDIR: 267, syscall.EADDRINUSE: 10048,
	} {
		one, known := codec.ErrnoOn("linux", unix)
		require.True(t, known, unix)
		other, known := codec.ErrnoOn("windows", windows)
		require.True(t, known, windows)
		require.Equal(t, one, other)
	}
}

// On macOS EPERM is the refusal of a guarded folder, and EACCES that of the permissions.
func TestGuardedFoldersOfMacOSHaveAHint(t *testing.T) {
	refused := &fs.PathError{Op: "open", Path: "/Users/ann/Documents", Err: syscall.EPERM}
	require.Contains(t, codec.HintOn("darwin", refused), "System Settings, Privacy & Security")
	require.Contains(t, codec.HintOn("darwin", fmt.Errorf("get: %w", refused)), "Full Disk Access")
	require.Contains(t, codec.HintOn("darwin", &os.LinkError{Op: "rename", Err: syscall.EPERM}), "Full Disk Access")
	for system, err := range map[string]error{
		"linux":  refused,
		"darwin": &fs.PathError{Op: "open", Path: "/etc/sudoers", Err: syscall.EACCES},
		"":       syscall.EPERM,
	} {
		require.Empty(t, codec.HintOn(system, err))
	}
	require.Empty(t, codec.HintOn("darwin", os.NewSyscallError("kill", syscall.EPERM)))
}
