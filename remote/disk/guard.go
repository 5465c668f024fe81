package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"techsh/codec"
	"techsh/codec/transfer"
)

// guardedFS is an FS with a private folder that is not entered. Everything on
// the path to that folder stays in its place: a session that could put another
// folder there would decide what everybody may do.
type guardedFS struct {
	FS
	private fs.FileInfo   // nil if there is none
	way     []fs.FileInfo // what is on the path to it
}

// guarded returns f without the private folder, if the options name one. Files
// are compared by identity and not by name, since links may lead to them.
func guarded(f FS, o Options) FS {
	if o.Private == "" {
		return f
	}
	if o.MakePrivate {
		_ = os.MkdirAll(o.Private, 0o700) // what is in the way of it is guarded too
	}
	info, _ := os.Stat(o.Private)
	return &guardedFS{f, info, wayTo(o.Private)}
}

// wayTo returns what the system passes on its way to path, as far as it
// exists: the folders, the links, and path itself.
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
		os.SameFile(fi, fi) // Windows reads the identity of a file only now
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

// origin returns where a walk along path, which may be relative to at, begins,
// and the names that it passes.
func origin(at, path string) (from string, names []string) {
	volume := filepath.VolumeName(path)
	rest := path[len(volume):]
	if volume == "" {
		volume = filepath.VolumeName(at)
	}
	if rest != "" && os.IsPathSeparator(rest[0]) {
		at = volume + string(filepath.Separator)
	}
	return at, transfer.Components(rest)
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
