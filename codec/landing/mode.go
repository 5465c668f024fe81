package landing

import (
	"io/fs"
	"os"
)

// A Umask has the permissions that new files and folders do not get. The zero Umask is
// the usual 022.
type Umask struct {
	bits fs.FileMode
	set  bool
}

// UmaskOf returns the Umask with the given bits, of which only those in 0777 count.
func UmaskOf(bits int) Umask { return Umask{fs.FileMode(bits) & 0o777, true} }

func (u Umask) apply(perm fs.FileMode) fs.FileMode {
	if !u.set {
		u.bits = 0o022
	}
	return perm &^ u.bits
}

// newPerm returns the permissions of a new file or folder in the folder that is open as
// d. mode is the mode that its sender has given. If mode is unknown, the parameter all
// gives the permissions instead. A default ACL of the folder takes the place of the
// umask, as it does in the system.
func newPerm(d *os.File, mode int, all fs.FileMode, umask Umask) (fs.FileMode, error) {
	perm := all
	if mode >= 0 {
		perm = fs.FileMode(mode) & 0o777
	}
	most, found, err := defaultPerm(d)
	if found {
		return perm & most, err
	}
	return umask.apply(perm), err
}

// limitGroup returns perm, but without the group permissions that the parameter most does
// not have.
func limitGroup(perm, most fs.FileMode) fs.FileMode { return perm &^ (0o70 &^ (most << 3)) }
