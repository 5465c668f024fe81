package codec

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"syscall"
)

// The texts of errors whose numbers differ between systems.
const (
	readOnly     = "the file system is read-only"
	tooManyLinks = "too many links: one of them leads to itself, perhaps"
	notUnicode   = "names on this file system must be valid UTF-8"
	tooLong      = "the name or the path is too long for this system"
	tooLarge     = "the file is too large for the file system"
	notAProgram  = "not a program of this system"
	taken        = "another program listens on it"
	cannotDo     = "the system cannot do that with this file"
	noDisk       = "no disk is in the drive"
	noNetwork    = "the other computer, or what it shares, cannot be reached"
	malware      = "the virus scanner takes it for malware"
	noCloud      = "it is in the cloud, and cannot be fetched now"
	brokenCloud  = "it is in the cloud, and what the disk has of it is damaged"
	byPolicy     = "a policy of this computer forbids it"
	noDrive      = "no such drive"
	inDeletion   = "it is deleted as soon as no program has it open"
	elevation    = "it needs the rights of an administrator"
	noOpener     = "no program is set to open such files"
	refusedThere = "the person at the screen declined it"
	noPrivilege  = "it needs a privilege that this user does not have"
	noRoom       = "the system has no memory for it"
)

type errnoRow struct {
	errno syscall.Errno
	code  Code
	text  string // "" means the text of the code
}

// findErrno returns the meaning of an error number of a system (GOOS).
func findErrno(system string, n syscall.Errno) (errnoRow, bool) {
	rows := errnos()
	if system == "windows" {
		rows = append(windowsErrnos(), rows...)
	}
	i := slices.IndexFunc(rows, func(row errnoRow) bool { return row.errno == n })
	if i < 0 {
		return errnoRow{}, false
	}
	return rows[i], true
}

// errnos has the numbers that package syscall defines on every system. Some of the
// numbers for Windows are invented by package syscall.
func errnos() []errnoRow {
	return []errnoRow{
		{syscall.ENOTEMPTY, NotEmpty, ""},
		{syscall.ENOTDIR, NotDirectory, ""},
		{syscall.EISDIR, IsDirectory, ""},
		{syscall.ENOSPC, NoSpace, ""},
		{syscall.EDQUOT, NoSpace, ""},
		{syscall.EFBIG, TooBig, tooLarge},
		{syscall.EROFS, NotAllowed, readOnly},
		{syscall.ENAMETOOLONG, BadName, tooLong},
		{syscall.EBUSY, Busy, ""},
		{syscall.ETXTBSY, Busy, ""},
		{syscall.EADDRINUSE, Busy, taken},
		{syscall.EINVAL, BadName, ""},
		{syscall.EILSEQ, BadName, notUnicode},
		{syscall.ELOOP, BadName, tooManyLinks},
		{syscall.ENOEXEC, Unsupported, notAProgram},
	}
}

// hintOf returns a hint for an error of a system (GOOS), or "". When macOS refuses access
// to a file to protect the privacy of the user, the error is EPERM, which is otherwise
// rare. When the permissions of the file forbid the access, the error is EACCES.
func hintOf(system string, err error) string {
	_, isPath := errors.AsType[*fs.PathError](err)
	if _, isLink := errors.AsType[*os.LinkError](err); system != "darwin" || !isPath && !isLink {
		return ""
	}
	if n, ok := errors.AsType[syscall.Errno](err); !ok || n != syscall.EPERM {
		return ""
	}
	return "macOS guards Documents, Desktop, Downloads, other disks and much of Library; if it is there: allow the " +
		"program, or the terminal in which it runs, in System Settings, Privacy & Security, Files and Folders or " +
		"Full Disk Access"
}

// windowsErrnos has the numbers of Windows, see winerror.h, that do not match an error
// value of the standard library.
func windowsErrnos() []errnoRow {
	return []errnoRow{
		{1, Unsupported, cannotDo},      // ERROR_INVALID_FUNCTION
		{8, Busy, noRoom},               // ERROR_NOT_ENOUGH_MEMORY
		{14, Busy, noRoom},              // ERROR_OUTOFMEMORY
		{15, NotFound, noDrive},         // ERROR_INVALID_DRIVE
		{19, NotAllowed, readOnly},      // ERROR_WRITE_PROTECT
		{21, NotFound, noDisk},          // ERROR_NOT_READY
		{32, Busy, ""},                  // ERROR_SHARING_VIOLATION
		{33, Busy, ""},                  // ERROR_LOCK_VIOLATION
		{39, NoSpace, ""},               // ERROR_HANDLE_DISK_FULL
		{53, NotFound, noNetwork},       // ERROR_BAD_NETPATH
		{64, NotFound, noNetwork},       // ERROR_NETNAME_DELETED
		{67, NotFound, noNetwork},       // ERROR_BAD_NET_NAME
		{87, BadName, ""},               // ERROR_INVALID_PARAMETER
		{112, NoSpace, ""},              // ERROR_DISK_FULL
		{121, Timeout, ""},              // ERROR_SEM_TIMEOUT
		{123, BadName, ""},              // ERROR_INVALID_NAME
		{145, NotEmpty, ""},             // ERROR_DIR_NOT_EMPTY
		{161, BadName, ""},              // ERROR_BAD_PATHNAME
		{193, Unsupported, notAProgram}, // ERROR_BAD_EXE_FORMAT
		{206, BadName, tooLong},         // ERROR_FILENAME_EXCED_RANGE
		{216, Unsupported, notAProgram}, // ERROR_EXE_MACHINE_TYPE_MISMATCH
		{223, TooBig, tooLarge},         // ERROR_FILE_TOO_LARGE
		{225, NotAllowed, malware},      // ERROR_VIRUS_INFECTED
		{226, NotAllowed, malware},      // ERROR_VIRUS_DELETED
		{267, NotDirectory, ""},         // ERROR_DIRECTORY
		{303, Busy, inDeletion},         // ERROR_DELETE_PENDING
		{362, Busy, noCloud},            // ERROR_CLOUD_FILE_PROVIDER_NOT_RUNNING
		{363, Internal, brokenCloud},    // ERROR_CLOUD_FILE_METADATA_CORRUPT
		{364, Internal, brokenCloud},    // ERROR_CLOUD_FILE_METADATA_TOO_LARGE
		{388, Busy, noCloud},            // ERROR_CLOUD_FILE_NETWORK_UNAVAILABLE
		{389, Busy, noCloud},            // ERROR_CLOUD_FILE_UNSUCCESSFUL
		{404, Busy, noCloud},            // ERROR_CLOUD_FILE_PROVIDER_TERMINATED
		{426, Timeout, noCloud},         // ERROR_CLOUD_FILE_REQUEST_TIMEOUT
		{740, NotAllowed, elevation},    // ERROR_ELEVATION_REQUIRED
		{1112, NotFound, noDisk},        // ERROR_NO_MEDIA_IN_DRIVE
		{1155, Unsupported, noOpener},   // ERROR_NO_ASSOCIATION
		{1203, NotFound, noNetwork},     // ERROR_NO_NET_OR_BAD_PATH
		{1223, Declined, refusedThere},  // ERROR_CANCELLED
		{1224, Busy, ""},                // ERROR_USER_MAPPED_FILE
		{1260, NotAllowed, byPolicy},    // ERROR_ACCESS_DISABLED_BY_POLICY
		{1295, NoSpace, ""},             // ERROR_DISK_QUOTA_EXCEEDED
		{1314, NotAllowed, noPrivilege}, // ERROR_PRIVILEGE_NOT_HELD
		{1450, Busy, noRoom},            // ERROR_NO_SYSTEM_RESOURCES
		{1455, Busy, noRoom},            // ERROR_COMMITMENT_LIMIT
		{1920, Unsupported, cannotDo},   // ERROR_CANT_ACCESS_FILE
		{1921, BadName, tooManyLinks},   // ERROR_CANT_RESOLVE_FILENAME
		{4551, NotAllowed, byPolicy},    // ERROR_SYSTEM_INTEGRITY_POLICY_VIOLATION
		{10013, NotAllowed, ""},         // WSAEACCES
		{10048, Busy, taken},            // WSAEADDRINUSE
	}
}
