package remote

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/transfer"
)

// abs returns the absolute path that was typed. Only the remote joins and
// cleans paths, in its own style.
func (s *session) abs(path string) (string, error) {
	if path == "" {
		return "", codec.Errorf(codec.BadName, "the empty name is no file's")
	}
	if strings.IndexByte(path, 0) >= 0 {
		return "", codec.Errorf(codec.BadName, "a path has no NUL in it")
	}
	abs, err := s.disk.abs(s.cwd, path)
	if err != nil {
		return "", err
	}
	return abs, transfer.CheckPath(abs)
}

// expand returns the paths that a word of a call stands for, as typed.
func (s *session) expand(ctx context.Context, w codec.Word) ([]string, error) {
	if _, err := s.abs(w.Text); err != nil {
		return nil, err
	}
	return transfer.Expand(ctx, folders{s}, "", w)
}

// folders is where patterns are looked for: relative paths begin in the
// session's folder.
type folders struct{ s *session }

func (f folders) Lstat(path string) (fs.FileInfo, error) {
	p, err := f.s.place(path)
	if err != nil {
		return nil, err
	}
	defer p.close()
	return p.dir.Lstat(p.name)
}

func (f folders) ReadDir(path string) (list []fs.DirEntry, err error) {
	err = f.s.reading(path, func(_ *os.Root, f *os.File) error {
		list, err = f.ReadDir(-1)
		return err
	})
	return list, err
}

func (f folders) Home() (string, error) { return f.s.disk.home() }

// one is expand for a word that must stand for one path.
func (s *session) one(ctx context.Context, w codec.Word) (string, error) {
	paths, err := s.expand(ctx, w)
	if err == nil && len(paths) > 1 {
		err = codec.Errorf(codec.BadRequest, "it matches several, one is wanted")
	}
	if err != nil {
		return "", codec.Explain(w.Text, err)
	}
	return paths[0], nil
}

// A spot is a place in the file system: a name in a folder that is held open,
// so that nobody can put another in its stead meanwhile.
type spot struct {
	dir  *os.Root
	name string // "." for a folder that has no parent
	real string // where it is, without links
	abs  string
	said string // as it was asked for
}

func (p spot) close() { p.dir.Close() }

// follow returns where path leads, links followed: for what is read or
// entered.
func (s *session) follow(path string) (spot, error) {
	real, err := s.resolve(path)
	if err != nil {
		return spot{}, err
	}
	return s.spotAt(real, real, path)
}

func (s *session) resolve(path string) (string, error) {
	abs, err := s.abs(path)
	if err != nil {
		return "", err
	}
	return s.disk.resolve(abs)
}

// place returns where path stands: its folder's links are followed, it
// itself is not. For what is written, moved or deleted.
func (s *session) place(path string) (spot, error) {
	abs, err := s.abs(path)
	if err != nil {
		return spot{}, err
	}
	parent, err := s.disk.resolve(filepath.Dir(abs))
	if err != nil {
		return spot{}, err
	}
	return s.spotAt(filepath.Join(parent, filepath.Base(abs)), abs, path)
}

func (s *session) spotAt(real, abs, said string) (spot, error) {
	parent, name := filepath.Dir(real), filepath.Base(real)
	if parent == real {
		name = "."
	}
	dir, err := s.disk.open(parent)
	return spot{dir, name, real, abs, said}, err
}

// folder opens the folder that path leads to, and returns where that is.
func (s *session) folder(path string) (dir *os.Root, real string, err error) {
	if real, err = s.resolve(path); err == nil {
		dir, err = s.disk.open(real)
	}
	return dir, real, err
}

// reading hands the folder that path leads to, held open and open for
// reading, to do.
func (s *session) reading(path string, do reader) error {
	root, _, err := s.folder(path)
	return do.read(root, err)
}

// inside is reading for the folder name in dir.
func (s *session) inside(dir *os.Root, name string, do reader) error {
	return do.read(s.enter(dir, name))
}

// A reader is given a folder that is held open, and open for reading.
type reader func(root *os.Root, f *os.File) error

// read hands root, whose opening gave err, to do, and closes it.
func (do reader) read(root *os.Root, err error) error {
	if err != nil {
		return err
	}
	defer root.Close()
	f, err := root.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	return do(root, f)
}

// regular opens the regular file that path leads to for reading. Opening
// never waits, whatever stands there.
func (s *session) regular(path string) (*os.File, os.FileInfo, error) {
	p, err := s.follow(path)
	if err != nil {
		return nil, nil, err
	}
	defer p.close()
	fi, err := p.dir.Lstat(p.name)
	switch {
	case err != nil:
		return nil, nil, err
	case fi.IsDir():
		return nil, nil, codec.Errorf(codec.IsDirectory, "")
	case endsInSeparator(path):
		return nil, nil, codec.Errorf(codec.NotDirectory, "")
	case !fi.Mode().IsRegular():
		return nil, nil, codec.Errorf(codec.NotRegular, "")
	}
	return transfer.OpenRegular(p.dir, p.name, fi)
}

// look returns what path leads to now.
func (s *session) look(path string) (os.FileInfo, error) {
	p, err := s.follow(path)
	if err != nil {
		return nil, err
	}
	defer p.close()
	return p.dir.Lstat(p.name)
}

func endsInSeparator(path string) bool {
	return path != "" && os.IsPathSeparator(path[len(path)-1])
}

// interruptible lets a read of f end with ctx, until stop is called. Few files
// wait for what is to come, such as the kernel's log; the others know no
// deadline.
func interruptible(ctx context.Context, f *os.File) (stop func() bool) {
	return context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Now()) })
}

// target returns where a file called name lands when it is put, copied or
// moved to path: in it, when it is a folder (into says it must be), else
// under its own last component.
func (s *session) target(path, name string, into bool) (spot, error) {
	dir, real, err := s.folder(path)
	if err == nil {
		if err = transfer.CheckName(name); err != nil {
			dir.Close()
			return spot{}, codec.Explain(name, err)
		}
		abs, _ := s.abs(path)
		return spot{dir, name, filepath.Join(real, name), filepath.Join(abs, name), filepath.Join(path, name)}, nil
	}
	if into || endsInSeparator(path) {
		return spot{}, codec.Explain(path, err)
	}
	p, err := s.place(path)
	return p, explainUnder(path, err)
}
