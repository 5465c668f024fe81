package remote

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"techsh/codec"
	"techsh/codec/transfer"
)

const maxPath = 4096 // bytes

// abs returns the absolute path that was typed. Only the remote joins and
// cleans paths, in its own style.
func (s *session) abs(path string) (string, error) {
	if path == "" {
		return "", codec.Errorf(codec.BadName, "the empty name is no file's")
	}
	if len(path) > maxPath {
		return "", codec.Errorf(codec.BadName, "a path of %d bytes, the most is %d", len(path), maxPath)
	}
	for i := range len(path) {
		if path[i] == 0 {
			return "", codec.Errorf(codec.BadName, "a path has no NUL in it")
		}
	}
	abs := transfer.Join(s.cwd, path)
	return abs, checkPath(abs)
}

// expand returns the paths that a word of a call stands for, as typed.
func (s *session) expand(ctx context.Context, w codec.Word) ([]string, error) {
	if _, err := s.abs(w.Text); err != nil {
		return nil, err
	}
	return transfer.Expand(ctx, transfer.OS{}, s.cwd, w)
}

// one is expand for a word that must stand for one path.
func (s *session) one(ctx context.Context, w codec.Word) (string, error) {
	paths, err := s.expand(ctx, w)
	if err == nil && len(paths) > 1 {
		err = &codec.Error{Code: codec.BadRequest, Name: w.Text, Text: "it matches several, one is wanted"}
	}
	if err != nil {
		return "", err
	}
	return paths[0], nil
}

// A spot is a place in the file system: a name in a folder that is held open,
// so that nobody can put another in its stead meanwhile.
type spot struct {
	dir  *os.Root
	name string // "." for a folder that has no parent
	abs  string
	said string // as it was asked for
}

func (p spot) close() { p.dir.Close() }

// real is where the spot is, without links.
func (p spot) real() string { return filepath.Join(p.dir.Name(), p.name) }

// follow returns where path leads, links followed: for what is read or
// entered.
func (s *session) follow(path string) (spot, error) {
	abs, err := s.abs(path)
	if err != nil {
		return spot{}, err
	}
	real, err := filepath.EvalSymlinks(abs)
	if err != nil {
		return spot{}, err
	}
	return spotOf(real, real, path)
}

// place returns where path stands: its folder's links are followed, it
// itself is not. For what is written, moved or deleted.
func (s *session) place(path string) (spot, error) {
	abs, err := s.abs(path)
	if err != nil {
		return spot{}, err
	}
	parent, err := filepath.EvalSymlinks(filepath.Dir(abs))
	if err != nil {
		return spot{}, err
	}
	return spotOf(filepath.Join(parent, filepath.Base(abs)), abs, path)
}

func spotOf(real, abs, said string) (spot, error) {
	parent, name := filepath.Dir(real), filepath.Base(real)
	if parent == real {
		name = "."
	}
	dir, err := os.OpenRoot(parent)
	if fi, serr := os.Stat(parent); err != nil && serr == nil && !fi.IsDir() {
		err = codec.Errorf(codec.NotDirectory, "") // os has no error value for it
	}
	return spot{dir, name, abs, said}, err
}

// folder opens the folder that path leads to.
func (s *session) folder(path string) (*os.Root, error) {
	p, err := s.follow(path)
	if err != nil {
		return nil, err
	}
	defer p.close()
	fi, err := p.dir.Stat(p.name)
	if err == nil && !fi.IsDir() {
		err = codec.Errorf(codec.NotDirectory, "")
	}
	if err != nil {
		return nil, err
	}
	return p.dir.OpenRoot(p.name)
}

// reading hands the folder that path leads to, held open and open for
// reading, to do.
func (s *session) reading(path string, do func(root *os.Root, f *os.File) error) error {
	root, err := s.folder(path)
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
	f, err := p.dir.OpenFile(p.name, os.O_RDONLY|nonblock, 0)
	if err != nil {
		return nil, nil, err
	}
	if fi, err = f.Stat(); err == nil && !fi.Mode().IsRegular() { // replaced in between
		err = codec.Errorf(codec.NotRegular, "")
	}
	if err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, fi, nil
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
	dir, err := s.folder(path)
	if err == nil {
		if err = transfer.CheckName(name); err != nil {
			dir.Close()
			return spot{}, codec.Explain(name, err)
		}
		abs, _ := s.abs(path)
		return spot{dir, name, filepath.Join(abs, name), filepath.Join(path, name)}, nil
	}
	if into || endsInSeparator(path) {
		return spot{}, codec.Explain(path, err)
	}
	p, err := s.place(path)
	return p, explainUnder(path, err)
}
