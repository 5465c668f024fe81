package disk

import (
	"os"
	"path/filepath"

	"techsh/codec"
	"techsh/codec/landing"
)

const maxLinks = 40 // largest number of links in one path, the same limit as on Linux

// jailFS is an FS whose root is a folder. It resolves links one by one and refuses those
// that lead out of the root. If a folder is replaced meanwhile, the os.Root still refuses
// a path that leads out. Paths begin with a separator, on Windows too, because a jail has
// no volumes.
type jailFS struct{ root *os.Root }

func openJail(folder string) (*jailFS, error) {
	real, err := filepath.EvalSymlinks(folder)
	if err != nil {
		return nil, err
	}
	if real, err = filepath.Abs(real); err != nil {
		return nil, err
	}
	root, err := openFolder(os.Stat, os.OpenRoot, real)
	if err != nil {
		return nil, err
	}
	return &jailFS{root}, nil
}

// errOutside returns the error for a path that leads out of a jail, whether or not that
// path exists.
func errOutside() error { return codec.Errorf(codec.NotAllowed, "leads out of the root") }

func (j *jailFS) Abs(cwd, path string) (string, error) {
	if filepath.VolumeName(path) != "" {
		return "", errOutside()
	}
	if !os.IsPathSeparator(path[0]) {
		path = cwd + string(filepath.Separator) + path
	}
	if path = inJail(path); !filepath.IsLocal(path) {
		return "", errOutside()
	}
	return outOfJail(path), nil
}

// inJail converts a path of the session to one of the os.Root.
func inJail(path string) string { return filepath.Join(".", path) }

// outOfJail converts a path of the os.Root to one of the session.
func outOfJail(path string) string { return filepath.Join(string(filepath.Separator), path) }

// Resolve resolves path one name after another.
func (j *jailFS) Resolve(path string) (string, error) {
	at, rest := ".", landing.Components(path)
	for links := 0; len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		if name == ".." {
			if at == "." {
				return "", errOutside()
			}
			at = filepath.Dir(at)
			continue
		}
		next := filepath.Join(at, name)
		fi, err := j.root.Lstat(next)
		switch {
		case err != nil:
			return "", err
		case fi.Mode()&os.ModeSymlink == 0:
			if len(rest) > 0 && !fi.IsDir() {
				return "", codec.Errorf(codec.NotDirectory, "")
			}
			at = next
			continue
		}
		if links++; links > maxLinks {
			return "", codec.Errorf(codec.BadName, "it leads through more than %d links", maxLinks)
		}
		target, err := j.root.Readlink(next)
		if err != nil {
			return "", err
		}
		if filepath.VolumeName(target) != "" || os.IsPathSeparator(target[0]) {
			if target, err = filepath.Rel(j.root.Name(), target); err != nil || !filepath.IsLocal(target) {
				return "", errOutside()
			}
			at = "."
		}
		rest = append(landing.Components(target), rest...)
	}
	return outOfJail(at), nil
}

func (j *jailFS) Open(path string) (*os.Root, error) {
	return openFolder(j.root.Stat, j.root.OpenRoot, inJail(path))
}

func (j *jailFS) CheckEnter(*os.Root) error { return nil }

func (j *jailFS) CheckTake(*os.Root, string) error { return nil }

func (j *jailFS) Link(from, to string) error { return j.root.Link(inJail(from), inJail(to)) }

func (j *jailFS) Rename(from, to string) error { return j.root.Rename(inJail(from), inJail(to)) }

func (j *jailFS) Home() (string, error) { return string(filepath.Separator), nil }

func (j *jailFS) Real(path string) string { return filepath.Join(j.root.Name(), path) }

func (j *jailFS) Shown(real string) string {
	path, err := filepath.Rel(j.root.Name(), real)
	if err != nil || !filepath.IsLocal(path) {
		path = "."
	}
	return outOfJail(path)
}

func (j *jailFS) Jailed() bool { return true }

func (j *jailFS) Close() error { return j.root.Close() }
