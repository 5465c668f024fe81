package disk

import "golang.org/x/sys/unix"

// renameNewAt renames a file between two open folders unless the new name is taken.
func renameNewAt(in int, from string, out int, to string) error {
	return unix.RenameatxNp(in, from, out, to, unix.RENAME_EXCL)
}
