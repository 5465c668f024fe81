package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"techsh/codec"
	"techsh/codec/landing"
)

// guardedFS is an FS with a private folder that cannot be entered. Nothing on the path to
// this folder can be moved or deleted, because a session that could replace the folder
// could give everyone any rights.
type guardedFS struct {
	FS
	private fs.FileInfo   // nil if there is none
	way     []fs.FileInfo // the folders and links on the path to the private folder
}

// guarded returns f, or a guardedFS around f if the options name a private folder. The
// guardedFS compares files by identity and not by name, since links may lead to them.
func guarded(f FS, o Options) FS {
	if o.Private == "" {
		return f
	}
	if o.MakePrivate {
		_ = os.MkdirAll(o.Private, 0o700) // if this fails because a file has this path, that file is guarded
	}
	info, _ := os.Stat(o.Private)
	return &guardedFS{f, info, wayTo(o.Private)}
}

// wayTo returns the folders and links that the system passes when it resolves path, and
// path itself. It stops before the first one that does not exist.
func wayTo(path string) (way []fs.FileInfo) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil
	}
	at, rest := origin("", path)
	for links := 0; len(rest) > 0 && links <= maxLinks; {
		next := filepath.Join(at, rest[0])
		rest = rest[1:]
		fi, err := os.Lstat(next)
		if err != nil {
			return way
		}
		os.SameFile(fi, fi) // makes Windows read the identity of the file
		way = append(way, fi)
		target, err := os.Readlink(next)
		if err != nil {
			at = next
			continue
		}
		links++
		from, names := origin(at, target)
		at, rest = from, append(names, rest...)
	}
	return way
}

// origin splits path into from, the folder in which its resolution begins, and the names
// that follow. If path is relative, from has the value of the parameter at.
func origin(at, path string) (from string, names []string) {
	volume := filepath.VolumeName(path)
	rest := path[len(volume):]
	if volume == "" {
		volume = filepath.VolumeName(at)
	}
	if rest != "" && os.IsPathSeparator(rest[0]) {
		at = volume + string(filepath.Separator)
	}
	return at, landing.Components(rest)
}

func errPrivate() error { return codec.Errorf(codec.NotAllowed, "techshd keeps its own files in it") }

func (f *guardedFS) Open(path string) (*os.Root, error) {
	dir, err := f.FS.Open(path)
	if err == nil {
		if err = f.CheckEnter(dir); err != nil {
			dir.Close()
		}
	}
	return dir, err
}

func (f *guardedFS) CheckEnter(dir *os.Root) error {
	fi, err := dir.Stat(".")
	if err == nil && os.SameFile(fi, f.private) {
		err = errPrivate()
	}
	return err
}

func (f *guardedFS) CheckTake(dir *os.Root, name string) error {
	fi, err := dir.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case slices.ContainsFunc(f.way, func(on fs.FileInfo) bool { return os.SameFile(fi, on) }):
		return errPrivate()
	}
	return nil
}
