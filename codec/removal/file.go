package removal

import (
	"errors"
	"io/fs"
	"os"

	"techsh/codec"
	"techsh/codec/fileid"
	"techsh/codec/landing"
)

// removeFile deletes the file, or the empty folder, that has the given name in dir. Its
// state must be in the set called only; otherwise removeFile returns an error with the
// code Changed. Other programs may replace the file at any moment. So removeFile first
// renames the file to a name that other programs do not know, and then checks the file
// once more.
func removeFile(dir *os.Root, name string, only *fileid.Set) error {
	fi, err := dir.Lstat(name)
	if err != nil {
		return err
	}
	if fi.Mode().IsRegular() && landing.IsPart(name) {
		return dir.Remove(name) // a part is not listed or copied, so nobody knows its state
	}
	if err := only.Check(fi); err != nil {
		return err
	}
	if fi.IsDir() {
		return dir.Remove(name)
	}
	aside := landing.NewAsideName()
	if err := dir.Rename(name, aside); err != nil {
		return err
	}
	now, err := dir.Lstat(aside) // its ctime is not compared, because the renaming changes it
	switch {
	case err != nil:
	case os.SameFile(fi, now) && fi.Size() == now.Size() && fi.ModTime().Equal(now.ModTime()):
		if err = dir.Remove(aside); err == nil {
			return nil
		}
	default:
		err = fileid.ErrChanged()
	}
	return restore(dir, aside, name, err)
}

// restore gives the file called aside its old name again after removeFile has failed with
// err. It returns err, joined with the error of the renaming if there is one. If another
// file has taken the old name, restore returns an error with the code Changed instead.
func restore(dir *os.Root, aside, name string, err error) error {
	lerr := dir.Link(aside, name)
	switch {
	case lerr == nil:
		lerr = dir.Remove(aside)
	case errors.Is(lerr, fs.ErrExist):
		return codec.Errorf(codec.Changed, "it was replaced twice meanwhile, and the first one is now %s", aside)
	default: // such as a file system without hard links
		lerr = dir.Rename(aside, name)
	}
	return errors.Join(err, lerr)
}
