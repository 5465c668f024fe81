//go:build unix

package disk

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// renameSpot is like os.Rename between two open folders. It uses these folders even if
// their paths now lead to other folders.
func renameSpot(_ FS, from, to Spot) error {
	return between("rename", from, to, func(in, out int) error { return unix.Renameat(in, from.Name, out, to.Name) })
}

// renameNewSpot is like renameSpot, but fails if the new name is taken. If the file
// system cannot do that, it returns errors.ErrUnsupported.
func renameNewSpot(from, to Spot) error {
	err := between("rename", from, to, func(in, out int) error { return renameNewAt(in, from.Name, out, to.Name) })
	if errors.Is(err, unix.EINVAL) {
		return errors.ErrUnsupported
	}
	return err
}

// linkSpot is like os.Link between two open folders.
func linkSpot(_ FS, from, to Spot) error {
	return between("link", from, to, func(in, out int) error { return unix.Linkat(in, from.Name, out, to.Name, 0) })
}

func between(op string, from, to Spot, do func(in, out int) error) error {
	in, err := from.Dir.Open(".")
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := to.Dir.Open(".")
	if err != nil {
		return err
	}
	defer out.Close()
	if err := do(int(in.Fd()), int(out.Fd())); err != nil {
		return &os.LinkError{Op: op, Old: from.Real, New: to.Real, Err: err}
	}
	return nil
}
