//go:build !linux

package landing

import (
	"io/fs"
	"os"
)

// defaultPerm finds nothing, because the system has no default ACLs like those of POSIX.
func defaultPerm(*os.File) (perm fs.FileMode, found bool, err error) { return 0, false, nil }

// WithoutMask returns mode, because on this system its group bits are never the mask of
// an ACL.
func WithoutMask(_ *os.File, mode int) int { return mode }

// keepAccess gives f the owner and the mode of the file old, which f will replace.
func keepAccess(f, _ *os.File, _ string, old fs.FileInfo) error {
	perm := old.Mode().Perm()
	if !keepOwner(f, old) {
		perm = limitGroup(perm, perm&0o7) // the group bits are for another group now
	}
	return f.Chmod(perm)
}
