//go:build unix

package remote

import (
	"os"

	"golang.org/x/sys/unix"
)

// renameSpot is os.Rename between two folders that are held open: what their
// paths lead to meanwhile is nothing to it.
func renameSpot(_ disk, from, to spot) error {
	return between("rename", from, to, func(in, out int) error { return unix.Renameat(in, from.name, out, to.name) })
}

// linkSpot is likewise os.Link.
func linkSpot(_ disk, from, to spot) error {
	return between("link", from, to, func(in, out int) error { return unix.Linkat(in, from.name, out, to.name, 0) })
}

func between(op string, from, to spot, do func(in, out int) error) error {
	in, err := from.dir.Open(".")
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := to.dir.Open(".")
	if err != nil {
		return err
	}
	defer out.Close()
	if err := do(int(in.Fd()), int(out.Fd())); err != nil {
		return &os.LinkError{Op: op, Old: from.real, New: to.real, Err: err}
	}
	return nil
}
