package landing

import (
	"errors"
	"io/fs"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/windows"

	"techsh/codec/winname"
)

func sentTarget(target string) string { return winname.SentTarget(target) }

func ownTarget(sent string) (string, error) { return winname.OwnTarget(sent) }

// isFolderLink reports whether a link is of the kind that leads to folders.
func isFolderLink(fi fs.FileInfo) bool {
	data, ok := fi.Sys().(*syscall.Win32FileAttributeData)
	return ok && fi.Mode()&fs.ModeSymlink != 0 && data.FileAttributes&windows.FILE_ATTRIBUTE_DIRECTORY != 0
}

// symlink makes a link in the folder dir, which is open as d. If the parameter folder is
// true, the link is of the kind that leads to folders. Package os would make such a link
// only if the target exists already and is below dir.
func symlink(dir *os.Root, d *os.File, target, name string, folder bool) error {
	if !folder {
		return dir.Symlink(target, name)
	}
	if err := dir.Mkdir(name, 0o777); err != nil {
		return err
	}
	if err := makeFolderLink(d, target, name); err != nil {
		return errors.Join(&os.LinkError{Op: "symlink", Old: target, New: name, Err: err}, dir.Remove(name))
	}
	return nil
}

// makeFolderLink turns an empty folder into a link. The empty folder is called name in
// the folder that is open as d.
func makeFolderLink(d *os.File, target, name string) error {
	data, ok := winname.LinkData(target)
	if !ok {
		return windows.ERROR_INVALID_NAME
	}
	h, err := openEntry(d, name, windows.FILE_WRITE_ATTRIBUTES)
	if err != nil {
		return err
	}
	defer windows.CloseHandle(h)
	runtime.LockOSThread() // only the current thread gets the privilege
	defer runtime.UnlockOSThread()
	if windows.ImpersonateSelf(windows.SecurityImpersonation) == nil {
		defer windows.RevertToSelf()
		_ = enableLinks() // in the developer mode of Windows the privilege is not needed
	}
	var n uint32
	return windows.DeviceIoControl(
		h, windows.FSCTL_SET_REPARSE_POINT, &data[0], uint32(len(data)), nil, 0, &n, nil,
	)
}

// enableLinks lets the current thread make symbolic links.
func enableLinks() error {
	thread := windows.CurrentThread()
	var token windows.Token
	err := windows.OpenThreadToken(thread, windows.TOKEN_QUERY|windows.TOKEN_ADJUST_PRIVILEGES, false, &token)
	if err != nil {
		return err
	}
	defer token.Close()
	name, err := windows.UTF16PtrFromString("SeCreateSymbolicLinkPrivilege")
	if err != nil {
		return err
	}
	privileges := windows.Tokenprivileges{PrivilegeCount: 1}
	privileges.Privileges[0].Attributes = windows.SE_PRIVILEGE_ENABLED
	if err := windows.LookupPrivilegeValue(nil, name, &privileges.Privileges[0].Luid); err != nil {
		return err
	}
	return windows.AdjustTokenPrivileges(token, false, &privileges, 0, nil, nil)
}
