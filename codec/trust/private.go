package trust

import (
	"errors"
	"io/fs"
	"os"

	"techsh/codec"
)

// OpenPrivate opens a file to which only this user has access, with the flags of
// os.OpenFile. It never follows a symbolic link, and refuses everything that is not a
// regular file, that another user owns, or that others may read or write. A file that it
// creates is accessible to this user only.
func OpenPrivate(path string, flag int) (*os.File, error) {
	return openPrivate(path, flag, func(_ *os.File, shared error) error { return shared })
}

// OpenAndMakePrivate is like OpenPrivate, but if others may read or write the file, it
// removes these permissions instead of refusing the file.
func OpenAndMakePrivate(path string, flag int) (*os.File, error) {
	return openPrivate(path, flag, func(f *os.File, _ error) error { return makePrivate(f) })
}

// openPrivate opens a private file. If others may read or write it, openPrivate calls
// onShared with the error that says so. onShared removes these permissions or returns an
// error.
func openPrivate(path string, flag int, onShared func(*os.File, error) error) (*os.File, error) {
	// Opening a device can have side effects, so the kind of the file is checked before it
	// is opened. The file may be replaced in between, so it is checked again afterwards.
	if info, err := os.Lstat(path); err == nil && flag&os.O_EXCL == 0 && !info.Mode().IsRegular() {
		err = notRegular()
		if info.Mode()&fs.ModeSymlink != 0 {
			err = isLink()
		}
		return nil, openError(path, err)
	}
	f, err := openFile(path, flag)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil {
		err = checkPrivate(f, info, onShared)
	}
	if err != nil {
		_ = f.Close()
		return nil, openError(path, err)
	}
	return f, nil
}

func openError(path string, err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e
	}
	return &fs.PathError{Op: "open", Path: path, Err: err}
}

func checkPrivate(f *os.File, info fs.FileInfo, onShared func(*os.File, error) error) error {
	if !info.Mode().IsRegular() {
		return notRegular()
	}
	shared, err := checkFile(f, info)
	if err == nil && shared != nil {
		err = onShared(f, shared)
	}
	return err
}

func notRegular() error {
	e := codec.Errorf(codec.NotRegular, "")
	e.Hint = "put a file in its place, or nothing"
	return e
}

func isLink() error {
	e := codec.Errorf(codec.NotRegular, "it is a symbolic link, which is not followed")
	e.Hint = "put a file in its place, or nothing"
	return e
}
