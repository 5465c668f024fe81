package remote

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"techsh/codec"
	"techsh/codec/transfer"
	"techsh/codec/trust"
)

// A disk is what a session gets at of the file system: the whole machine, or
// a jail. Its paths are absolute and clean, in terms of its own.
type disk interface {
	abs(cwd, path string) (string, error) // of what was typed in the folder cwd
	resolve(path string) (string, error)  // where path leads, all links followed
	open(path string) (*os.Root, error)   // a folder, in whose path no links are left
	enter(dir *os.Root) error             // why a folder that was met below another is not to be entered
	take(dir *os.Root, name string) error // why what is called name in dir, if anything, is not to be moved, replaced or deleted
	link(from, to string) error           // likewise, as os.Link
	rename(from, to string) error         // likewise, as os.Rename
	home() (string, error)
	real(path string) string // what programs call path
	ours(real string) string // what the session calls that; what is above its root is the root
	close() error
}

// disk opens what a session gets at, and returns where in it it begins.
func (s *Server) disk() (d disk, cwd string, err error) {
	if s.Root != "" {
		if d, err = openJail(s.Root); err != nil {
			return nil, "", err
		}
		return s.private(d), string(filepath.Separator), nil
	}
	if cwd = s.Dir; cwd == "" {
		cwd, err = os.Getwd()
	}
	return s.private(whole{}), cwd, err
}

// private makes d keep out of the server's own folder, and leave all in its
// place that leads there: whoever makes another folder in its stead would
// decide who may do what. It goes by what things are, not by what they are
// called: links may lead there. Where there is none, it is made before somebody
// can who may put, but not run programs: others would gain nothing by it.
func (s *Server) private(d disk) disk {
	if s.Private == "" {
		return d
	}
	if s.Deny&(trust.Put|trust.Exec) == trust.Exec {
		_ = os.MkdirAll(s.Private, 0o700) // what prevents it stays in its place, too
	}
	info, _ := os.Stat(s.Private)
	return &fenced{d, info, wayTo(s.Private)}
}

// wayTo returns what the system passes on its way to path, as far as there is
// something: the folders, the links, and what path is itself.
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
		os.SameFile(fi, fi) // Windows finds out only now which it is
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

// fenced is a disk with a folder that is not entered, and the way to it.
type fenced struct {
	disk
	private fs.FileInfo // nil if there is none
	way     []fs.FileInfo
}

func errPrivate() error { return codec.Errorf(codec.NotAllowed, "techshd keeps its own things there") }

func (f *fenced) open(path string) (*os.Root, error) {
	dir, err := f.disk.open(path)
	if err == nil {
		if err = f.enter(dir); err != nil {
			dir.Close()
		}
	}
	return dir, err
}

func (f *fenced) enter(dir *os.Root) error {
	fi, err := dir.Stat(".")
	if err == nil && os.SameFile(fi, f.private) {
		err = errPrivate()
	}
	return err
}

func (f *fenced) take(dir *os.Root, name string) error {
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

// enter opens a folder that was met in another.
func (s *session) enter(dir *os.Root, name string) (*os.Root, error) {
	sub, err := openInner(dir, name)
	if errors.Is(err, &codec.Error{Code: codec.Changed}) { // what is mounted when somebody goes into it is another then
		sub, err = openInner(dir, name)
	}
	if err == nil {
		if err = s.disk.enter(sub); err != nil {
			sub.Close()
		}
	}
	return sub, err
}

func openInner(dir *os.Root, name string) (*os.Root, error) {
	fi, err := dir.Lstat(name)
	if err != nil {
		return nil, err
	}
	return transfer.OpenFolder(dir, name, fi)
}

// whole is the whole machine.
type whole struct{}

func (whole) abs(cwd, path string) (string, error) {
	abs := transfer.Join(cwd, path)
	return abs, checkPath(abs)
}

func (whole) resolve(path string) (string, error) { return filepath.EvalSymlinks(path) }

func (whole) open(path string) (*os.Root, error) { return openFolder(os.Stat, os.OpenRoot, path) }

func (whole) enter(*os.Root) error { return nil }

func (whole) take(*os.Root, string) error { return nil }

func (whole) link(from, to string) error { return os.Link(from, to) }

func (whole) rename(from, to string) error { return os.Rename(from, to) }

func (whole) home() (string, error) { return os.UserHomeDir() }

func (whole) real(path string) string { return path }

func (whole) ours(real string) string { return real }

func (whole) close() error { return nil }

// openFolder opens what must be a folder: os has no error value for what is
// none, and opening a FIFO would wait, also one that has just been put there.
func openFolder(stat func(string) (fs.FileInfo, error), open func(string) (*os.Root, error), path string) (*os.Root, error) {
	fi, err := stat(path)
	if err == nil && !fi.IsDir() {
		err = codec.Errorf(codec.NotDirectory, "")
	}
	if err != nil {
		return nil, err
	}
	return open(path + asFolder)
}
