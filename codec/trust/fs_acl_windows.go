package trust

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"

	"techsh/codec"
)

// The rights in an access control list that matter if other users have them.
const (
	changesFolder = windows.FILE_WRITE_DATA | windows.FILE_APPEND_DATA | deleteChild | windows.DELETE |
		windows.WRITE_DAC | windows.WRITE_OWNER | windows.GENERIC_WRITE | windows.GENERIC_ALL
	usesFile = ^windows.ACCESS_MASK(windows.READ_CONTROL | windows.SYNCHRONIZE |
		windows.FILE_READ_ATTRIBUTES | windows.FILE_READ_EA)
	deleteChild = 0x40 // FILE_DELETE_CHILD
)

// privateDescriptor returns a security descriptor that gives access to this user, to
// Administrators and to SYSTEM only, and inherits nothing. If inherit is "OICI", the
// files in a folder inherit this access.
func privateDescriptor(inherit string) (*windows.SECURITY_DESCRIPTOR, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, os.NewSyscallError("GetTokenInformation", err)
	}
	text := "D:P"
	for _, who := range []string{"SY", "BA", user.User.Sid.String()} {
		text += "(A;" + inherit + ";FA;;;" + who + ")"
	}
	return windows.SecurityDescriptorFromString(text)
}

func privateAttributes(inherit string) (*windows.SecurityAttributes, error) {
	sd, err := privateDescriptor(inherit)
	if err != nil {
		return nil, err
	}
	a := &windows.SecurityAttributes{SecurityDescriptor: sd}
	a.Length = uint32(unsafe.Sizeof(*a))
	return a, nil
}

// protect gives the file or folder at path the access control list of privateDescriptor.
func protect(path, inherit string) error {
	sd, err := privateDescriptor(inherit)
	if err != nil {
		return err
	}
	dacl, _, err := sd.DACL()
	if err == nil {
		const what = windows.DACL_SECURITY_INFORMATION | windows.PROTECTED_DACL_SECURITY_INFORMATION
		err = windows.SetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, what, nil, nil, dacl, nil)
	}
	if err != nil {
		return &fs.PathError{Op: "SetNamedSecurityInfo", Path: path, Err: err}
	}
	return nil
}

const ownerAndDACL = windows.OWNER_SECURITY_INFORMATION | windows.DACL_SECURITY_INFORMATION

// isTrusted reports whether a SID belongs to this user, or to a user who may do anything
// on this computer.
func isTrusted(sid *windows.SID) bool {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	return err == nil && sid.Equals(user.User.Sid) || sid.IsWellKnown(windows.WinLocalSystemSid) ||
		sid.IsWellKnown(windows.WinBuiltinAdministratorsSid)
}

// checkOwnerOf returns an error if another user owns the file or folder that has the
// security descriptor sd.
func checkOwnerOf(sd *windows.SECURITY_DESCRIPTOR) error {
	owner, _, err := sd.Owner()
	if err != nil || isTrusted(owner) {
		return err
	}
	e := codec.Errorf(codec.NotAllowed, "it belongs to %s", nameOf(owner))
	e.Hint = "run it as that user"
	return e
}

// othersWith returns the names of the users who have one of the rights and are not
// trusted.
func othersWith(sd *windows.SECURITY_DESCRIPTOR, rights windows.ACCESS_MASK) (names []string) {
	dacl, _, err := sd.DACL()
	if err != nil || dacl == nil { // there is no list: everybody has all rights
		return []string{"everybody"}
	}
	for i := range uint32(dacl.AceCount) {
		var ace *windows.ACCESS_ALLOWED_ACE
		if windows.GetAce(dacl, i, &ace) != nil {
			return append(names, "an unknown user")
		}
		switch {
		case denies(ace.Header.AceType), ace.Header.AceFlags&windows.INHERIT_ONLY_ACE != 0, ace.Mask&rights == 0:
			continue
		case ace.Header.AceType != windows.ACCESS_ALLOWED_ACE_TYPE: // the SID is somewhere else
			names = append(names, "an unknown user")
			continue
		}
		// The rights of the owner do not matter, because checkOwnerOf checks who the
		// owner is.
		sid := (*windows.SID)(unsafe.Pointer(&ace.SidStart))
		if !isTrusted(sid) && !sid.IsWellKnown(windows.WinCreatorOwnerRightsSid) {
			names = append(names, nameOf(sid))
		}
	}
	return names
}

// denies reports whether entries of the type aceType deny rights.
func denies(aceType uint8) bool {
	const denied, deniedObject, deniedCallback, deniedCallbackObject = 1, 6, 10, 12 // ACCESS_DENIED_…_ACE_TYPE
	switch aceType {
	case denied, deniedObject, deniedCallback, deniedCallbackObject:
		return true
	}
	return false
}

func nameOf(sid *windows.SID) string {
	account, domain, _, err := sid.LookupAccount("")
	if err != nil {
		return sid.String()
	}
	return strings.TrimPrefix(domain+`\`+account, `\`)
}

// makeFolder makes a folder that is accessible to this user only, unless it exists.
func makeFolder(dir string) error {
	if err := os.MkdirAll(filepath.Dir(dir), 0o700); err != nil {
		return err
	}
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return err
	}
	attributes, err := privateAttributes("OICI")
	if err != nil {
		return err
	}
	switch err := windows.CreateDirectory(name, attributes); {
	case errors.Is(err, windows.ERROR_ALREADY_EXISTS):
		return os.MkdirAll(dir, 0o700) // returns an error if dir is a file
	case err != nil:
		return &fs.PathError{Op: "mkdir", Path: dir, Err: err}
	}
	return nil
}

// checkFolder refuses a folder that others may change, or that another user owns. It
// protects the folder and the files in it, unless they are protected already.
func checkFolder(dir string) error {
	sd, err := windows.GetNamedSecurityInfo(dir, windows.SE_FILE_OBJECT, ownerAndDACL)
	if err == nil {
		err = checkOwnerOf(sd)
	}
	if err != nil {
		return err
	}
	if others := othersWith(sd, changesFolder); len(others) > 0 {
		e := codec.Errorf(codec.NotAllowed, "others may write to this folder: %s", strings.Join(others, ", "))
		e.Hint = reset(dir)
		return e
	}
	if !isProtected(sd) {
		if err := protect(dir, "OICI"); err != nil {
			return err
		}
	}
	entries, err := os.ReadDir(dir)
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		sd, err := windows.GetNamedSecurityInfo(path, windows.SE_FILE_OBJECT, ownerAndDACL)
		// Files that other users may use stay as they are, because OpenPrivate refuses
		// them.
		if err == nil && entry.Type().IsRegular() && !isProtected(sd) && len(othersWith(sd, usesFile)) == 0 {
			_ = protect(path, "")
		}
	}
	return err
}

func isProtected(sd *windows.SECURITY_DESCRIPTOR) bool {
	control, _, err := sd.Control()
	return err == nil && control&windows.SE_DACL_PROTECTED != 0
}

// reset returns the command that gives a file the access rights of its folder.
func reset(path string) string { return "icacls " + codec.Name(path) + " /reset" }

// openFile is like os.OpenFile. It does not follow a link, and a file that it creates is
// accessible to this user only.
func openFile(path string, flag int) (*os.File, error) {
	if flag&os.O_CREATE != 0 {
		f, err := makeFile(path, flag)
		if err == nil || flag&os.O_EXCL != 0 || !errors.Is(err, fs.ErrExist) {
			return f, err
		}
	}
	return os.OpenFile(path, flag&^os.O_CREATE|syscall.FILE_FLAG_OPEN_REPARSE_POINT, 0)
}

// makeFile makes a file that is accessible to this user only.
func makeFile(path string, flag int) (*os.File, error) {
	name, err := windows.UTF16PtrFromString(path)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	attributes, err := privateAttributes("")
	if err != nil {
		return nil, err
	}
	access := uint32(windows.GENERIC_WRITE)
	if flag&os.O_APPEND != 0 { // writing is then always at the end
		access = windows.FILE_GENERIC_WRITE &^ windows.FILE_WRITE_DATA
	}
	if flag&os.O_RDWR != 0 {
		access |= windows.GENERIC_READ
	}
	h, err := windows.CreateFile(
		name, access, windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE, attributes,
		windows.CREATE_NEW, windows.FILE_ATTRIBUTE_NORMAL, 0,
	)
	if err != nil {
		return nil, &fs.PathError{Op: "open", Path: path, Err: err}
	}
	return os.NewFile(uintptr(h), path), nil
}

// checkFile refuses a file that another user owns. The result shared is an error if other
// users may read or write the file, and otherwise nil.
func checkFile(f *os.File, _ fs.FileInfo) (shared, err error) {
	sd, err := windows.GetSecurityInfo(windows.Handle(f.Fd()), windows.SE_FILE_OBJECT, ownerAndDACL)
	if err == nil {
		err = checkOwnerOf(sd)
	}
	if err != nil {
		return nil, err
	}
	if others := othersWith(sd, usesFile); len(others) > 0 {
		e := codec.Errorf(codec.NotAllowed, "others may read or write it: %s", strings.Join(others, ", "))
		e.Hint = reset(f.Name())
		return e, nil
	}
	return nil, nil
}

// makePrivate removes the permissions of others from f.
func makePrivate(f *os.File) error {
	if err := protect(f.Name(), ""); err != nil {
		return err
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	shared, err := checkFile(f, info) // another file may have that name now
	return errors.Join(shared, err)
}
