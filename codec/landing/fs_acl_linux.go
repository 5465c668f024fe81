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

// The extended attributes that have the ACLs of POSIX: who may use a file, and what new
// files in a folder get.
const (
	accessACL  = "system.posix_acl_access"
	defaultACL = "system.posix_acl_default"
)

// An acl is an ACL as the kernel reads and writes it: 4 bytes of a version, and entries
// of 8 bytes: what the entry is for, the permissions, and a user or a group.
type acl []byte

const (
	aclOwner  = 0x01
	aclGroup  = 0x04
	aclMask   = 0x10 // the most that all but the owner and others have
	aclOthers = 0x20
)

// entry returns the permissions in the entry for what.
func (a acl) entry(what uint16) (perm fs.FileMode, found bool) {
	for i := 4; i+8 <= len(a); i += 8 {
		if binary.LittleEndian.Uint16(a[i:]) == what {
			return fs.FileMode(binary.LittleEndian.Uint16(a[i+2:])) & 0o7, true
		}
	}
	return 0, false
}

// limitGroup removes what others do not have from the entry of the owning group.
func (a acl) limitGroup() {
	others, _ := a.entry(aclOthers)
	for i := 4; i+8 <= len(a); i += 8 {
		if binary.LittleEndian.Uint16(a[i:]) == aclGroup {
			a[i+2] &= byte(others)
		}
	}
}

// readACL returns an ACL, or nil if there is none or the file system has none. read calls
// a system call with a buffer.
func readACL(read func([]byte) (int, error)) (acl, error) {
	b, err := attribute(read)
	if errors.Is(err, unix.ENODATA) || errors.Is(err, unix.ENOTSUP) {
		return nil, nil
	}
	return b, err
}

// attribute returns what read writes into a buffer that is large enough.
func attribute(read func([]byte) (int, error)) ([]byte, error) {
	for size := 512; ; size *= 2 {
		b := make([]byte, size)
		n, err := read(b)
		if !errors.Is(err, unix.ERANGE) || size > 128<<10 {
			return b[:max(n, 0)], err
		}
	}
}

// defaultPerm returns the most that a new file in the folder d gets, if the folder has a
// default ACL.
func defaultPerm(d *os.File) (perm fs.FileMode, found bool, err error) {
	var b [512]byte // enough for most, and without an allocation
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

// WithoutMask returns the mode of a file or folder that is open as f, for a copy that has
// no ACL: its group bits, which are the mask of an ACL, without what the group itself does
// not have.
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

// keepAccess gives f the owner, the mode, the ACL and the attributes of the user that the
// file old has, which f will replace and which is called name in the folder d.
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
		most &= perm & 0o7 // they are for another group now
		list.limitGroup()
	}
	if err := unix.Fremovexattr(int(f.Fd()), accessACL); err != nil && // which it has from its folder
		!errors.Is(err, unix.ENODATA) && !errors.Is(err, unix.ENOTSUP) {
		return err
	}
	if err := f.Chmod(limitGroup(perm, most)); err != nil {
		return err
	}
	if list != nil {
		_ = unix.Fsetxattr(int(f.Fd()), accessACL, list, 0) // without it the mode gives less, not more
	}
	return keepAttributes(f, path)
}

// keepAttributes gives f the attributes of the user that the file at path has, as far as
// they can be read.
func keepAttributes(f *os.File, path string) error {
	names, err := attribute(func(b []byte) (int, error) { return unix.Llistxattr(path, b) })
	if err != nil {
		return nil // there are none, or nobody can say which
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
