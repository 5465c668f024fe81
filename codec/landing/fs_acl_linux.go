package landing

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// The extended attributes that contain the POSIX ACLs: the access ACL says who may use a
// file or folder, and the default ACL is for new files in a folder.
const (
	accessACL  = "system.posix_acl_access"
	defaultACL = "system.posix_acl_default"
)

// An acl is an ACL in the format of the kernel: a version of 4 bytes, and entries of 8
// bytes. An entry has its kind, the permissions, and the ID of a user or group.
type acl []byte

const (
	aclOwner  = 0x01
	aclGroup  = 0x04
	aclMask   = 0x10 // limits the permissions of everyone except the owner and the class others
	aclOthers = 0x20
)

// entry returns the permissions in the first entry of the kind that the parameter what
// names.
func (a acl) entry(what uint16) (perm fs.FileMode, found bool) {
	for i := 4; i+8 <= len(a); i += 8 {
		if binary.LittleEndian.Uint16(a[i:]) == what {
			return fs.FileMode(binary.LittleEndian.Uint16(a[i+2:])) & 0o7, true
		}
	}
	return 0, false
}

// limitGroup removes from the entry of the owning group the permissions that others do
// not have.
func (a acl) limitGroup() {
	others, _ := a.entry(aclOthers)
	for i := 4; i+8 <= len(a); i += 8 {
		if binary.LittleEndian.Uint16(a[i:]) == aclGroup {
			a[i+2] &= byte(others)
		}
	}
}

// readACL returns an ACL, or nil if there is none or the file system does not support
// ACLs. The function read makes the system call that stores the ACL in a buffer.
func readACL(read func([]byte) (int, error)) (acl, error) {
	b, err := attribute(read)
	if errors.Is(err, unix.ENODATA) || errors.Is(err, unix.ENOTSUP) {
		return nil, nil
	}
	return b, err
}

// attribute calls the function read with larger and larger buffers until the value fits,
// and returns the value.
func attribute(read func([]byte) (int, error)) ([]byte, error) {
	for size := 512; ; size *= 2 {
		b := make([]byte, size)
		n, err := read(b)
		if !errors.Is(err, unix.ERANGE) || size > 128<<10 {
			return b[:max(n, 0)], err
		}
	}
}

// defaultPerm returns the largest permissions that a new file in the folder d can get
// from the default ACL of d. found is false if d has none.
func defaultPerm(d *os.File) (perm fs.FileMode, found bool, err error) {
	var b [512]byte // enough for most ACLs, and needs no allocation
	n, err := unix.Fgetxattr(int(d.Fd()), defaultACL, b[:])
	list := acl(b[:max(n, 0)])
	if err != nil {
		list, err = readACL(func(b []byte) (int, error) { return unix.Fgetxattr(int(d.Fd()), defaultACL, b) })
	}
	if err != nil || list == nil {
		return 0, false, err
	}
	owner, _ := list.entry(aclOwner)
	group, found := list.entry(aclMask)
	if !found {
		group, _ = list.entry(aclGroup)
	}
	others, _ := list.entry(aclOthers)
	return owner<<6 | group<<3 | others, true, nil
}

// WithoutMask returns the mode for a copy of f that has no ACL. The parameter mode is the
// mode of f. If f has an ACL, the group bits of this mode are the mask of the ACL;
// WithoutMask clears the group bits that the entry of the owning group does not have.
func WithoutMask(f *os.File, mode int) int {
	if mode < 0 || mode&0o70 == 0 {
		return mode
	}
	list, err := readACL(func(b []byte) (int, error) { return unix.Fgetxattr(int(f.Fd()), accessACL, b) })
	if err != nil || list == nil {
		return mode
	}
	most, _ := list.entry(aclGroup)
	return int(limitGroup(fs.FileMode(mode), most))
}

// keepAccess gives f the owner, mode, ACL and user attributes of the file that f will
// replace. That file is called name in the folder d, and old is its FileInfo.
func keepAccess(f, d *os.File, name string, old fs.FileInfo) error {
	path := fmt.Sprintf("/proc/self/fd/%d/%s", d.Fd(), name) // the file itself may not be readable
	list, err := readACL(func(b []byte) (int, error) { return unix.Lgetxattr(path, accessACL, b) })
	perm := old.Mode().Perm()
	most := perm >> 3 & 0o7
	if err != nil {
		most = perm & 0o7 // the group bits of the mode may be the mask of an ACL
	} else if list != nil {
		most, _ = list.entry(aclGroup)
	}
	if !keepOwner(f, old) {
		most &= perm & 0o7 // the group of f is not that of the old file
		list.limitGroup()
	}
	if err := unix.Fremovexattr(int(f.Fd()), accessACL); err != nil && // inherited from the folder
		!errors.Is(err, unix.ENODATA) && !errors.Is(err, unix.ENOTSUP) {
		return err
	}
	if err := f.Chmod(limitGroup(perm, most)); err != nil {
		return err
	}
	if list != nil {
		_ = unix.Fsetxattr(int(f.Fd()), accessACL, list, 0) // without the ACL, f permits less, not more
	}
	return keepAttributes(f, path)
}

// keepAttributes gives f the user attributes of the file at path, as far as they can be
// read.
func keepAttributes(f *os.File, path string) error {
	names, err := attribute(func(b []byte) (int, error) { return unix.Llistxattr(path, b) })
	if err != nil {
		return nil // there are none, or they cannot be listed
	}
	for name := range bytes.SplitSeq(names, []byte{0}) {
		key := string(name)
		if !strings.HasPrefix(key, "user.") {
			continue
		}
		value, err := attribute(func(b []byte) (int, error) { return unix.Lgetxattr(path, key, b) })
		if err != nil {
			continue // removed meanwhile, or not readable
		}
		if err := unix.Fsetxattr(int(f.Fd()), key, value, 0); err != nil {
			return fmt.Errorf("%s: %w", key, err)
		}
	}
	return nil
}
