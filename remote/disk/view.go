package disk

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/transfer"
)

// A View is the file system of one session: the part that the session can reach, and the
// current folder of the session.
type View struct {
	FS  FS
	Cwd string // absolute, as a path of FS

	Umask landing.Umask // the umask for files and folders that arrive

	AnyDepth bool // the words of the call were not typed by a person, and may be paths as deep as a walk finds
}

// Abs returns the absolute path for a typed path. Clients do not join or clean paths of
// the remote; the remote does that, in the style of its own system.
func (v *View) Abs(path string) (string, error) {
	if path == "" {
		return "", codec.Errorf(codec.BadName, "the empty name is not the name of a file")
	}
	if strings.IndexByte(path, 0) >= 0 {
		return "", codec.Errorf(codec.BadName, "a path must not contain NUL")
	}
	abs, err := v.FS.Abs(v.Cwd, path)
	if err != nil {
		return "", err
	}
	return abs, landing.CheckPath(abs)
}

// Drives returns the roots of the drives that the session can reach, on Windows.
func (v *View) Drives() []string {
	if v.FS.Jailed() {
		return nil
	}
	roots, _ := Drives()
	return roots
}

// IsDriveList reports whether DIR of path lists the drives.
func (v *View) IsDriveList(path string) bool {
	return path != "" && path == driveList && !v.FS.Jailed()
}

// Expand returns the paths that a word of a call stands for, in the form in which they
// would be typed.
func (v *View) Expand(ctx context.Context, w codec.Word) (transfer.Matches, error) {
	_, err := v.Abs(w.Text)
	if err == nil && !v.AnyDepth {
		err = landing.CheckTyped(w.Text)
	}
	if err != nil {
		return transfer.Matches{}, err
	}
	return transfer.Expand(ctx, patternFS{v}, "", w, &codec.Budget{})
}

// One is like Expand, for a word that must stand for exactly one path.
func (v *View) One(ctx context.Context, w codec.Word) (string, error) {
	paths, err := v.Expand(ctx, w)
	if err == nil && paths.Len() > 1 {
		err = codec.Errorf(codec.BadRequest, "the pattern matches several files")
	}
	if err != nil {
		return "", codec.Explain(w.Text, err)
	}
	return paths.First(), nil
}

// patternFS is the file system in which patterns are expanded. Relative paths begin in
// the current folder of the session.
type patternFS struct{ v *View }

func (p patternFS) Lstat(path string) (fs.FileInfo, error) {
	s, err := p.v.Place(path)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return s.Dir.Lstat(s.Name)
}

func (p patternFS) ReadDir(path string, each func(fs.DirEntry) error) error {
	return p.v.Reading(path, func(_ *os.Root, f *os.File) error { return transfer.ReadEntries(f, each) })
}

func (p patternFS) Home() (string, error) { return p.v.FS.Home() }

// A Spot is a name in an open folder. Because the folder is open, it cannot be replaced
// by another folder.
type Spot struct {
	Dir   *os.Root
	Name  string // "." for a folder that has no parent
	Real  string // the path with all links resolved
	Abs   string
	Typed string // the path as it was typed
}

// Close closes the folder.
func (s Spot) Close() { s.Dir.Close() }

// Follow returns the Spot that path leads to after all links were followed, for reading
// and entering.
func (v *View) Follow(path string) (Spot, error) {
	real, err := v.Resolve(path)
	if err != nil {
		return Spot{}, err
	}
	return v.spotAt(real, real, path)
}

// Resolve returns path with all links resolved.
func (v *View) Resolve(path string) (string, error) {
	abs, err := v.Abs(path)
	if err != nil {
		return "", err
	}
	return v.FS.Resolve(abs)
}

// Place returns the Spot of path, for writing, moving and deleting. Links in the path of
// its folder are followed. If path itself is a link, it is not followed.
func (v *View) Place(path string) (Spot, error) {
	abs, err := v.Abs(path)
	if err != nil {
		return Spot{}, err
	}
	parent, err := v.FS.Resolve(filepath.Dir(abs))
	if err != nil {
		return Spot{}, err
	}
	return v.spotAt(filepath.Join(parent, filepath.Base(abs)), abs, path)
}

// PlaceNew is like Place for something that is to be made at path.
func (v *View) PlaceNew(path string) (Spot, error) {
	abs, err := v.Abs(path)
	if err == nil && abs != filepath.Dir(abs) {
		err = landing.CheckNewName(filepath.Base(abs)) // first, because Windows finds devices in every folder
	}
	if err != nil {
		return Spot{}, err
	}
	return v.Place(path)
}

// Take is like Place, for a file that is moved or deleted; fi is its status. It refuses a
// path that ends in . or .., because such a path would mean the current folder or a
// folder above it. It also refuses a path that ends in a separator but does not lead to a
// folder.
func (v *View) Take(path string) (s Spot, fi fs.FileInfo, err error) {
	if path != "" && isDots(filepath.Base(path)) {
		return s, nil, &codec.Error{
			Code: codec.NotAllowed, Text: "a path that ends in . or .. is neither moved nor deleted",
			Hint: "give the name of the folder",
		}
	}
	if s, err = v.Place(path); err != nil {
		return s, nil, err
	}
	fi, err = s.Dir.Lstat(s.Name)
	if err == nil && !fi.IsDir() && EndsInSeparator(path) && !v.IsFolder(path) {
		err = codec.Errorf(codec.NotDirectory, "")
	}
	if err != nil {
		s.Close()
	}
	return s, fi, err
}

func (v *View) spotAt(real, abs, typed string) (Spot, error) {
	parent, name := filepath.Dir(real), filepath.Base(real)
	if parent == real {
		name = "."
	}
	dir, err := v.FS.Open(parent)
	return Spot{dir, name, real, abs, typed}, err
}

// Target returns the destination of a file that is put, copied or moved to path. If path
// is a folder, the destination is in this folder and has the name in the parameter name.
// Otherwise it is path itself. If into is true, path must be a folder.
func (v *View) Target(path, name string, into bool) (Spot, error) {
	dir, real, err := v.Folder(path)
	if err == nil {
		if err = landing.CheckName(name); err != nil {
			dir.Close()
			return Spot{}, codec.Explain(name, err)
		}
		abs, _ := v.Abs(path)
		typed := name
		if filepath.Clean(path) != "." {
			typed = Below(path, name)
		}
		return Spot{dir, name, filepath.Join(real, name), filepath.Join(abs, name), typed}, nil
	}
	if into || entersFolder(path) {
		return Spot{}, codec.Explain(path, err)
	}
	s, err := v.PlaceNew(path)
	if err != nil {
		return s, codec.Explain(path, err)
	}
	return s, nil
}

// TreeTarget is like Target, for the top of a tree. If name is ".", the tree has no name
// of its own. Its contents then go directly into path if path is a folder.
func (v *View) TreeTarget(path, name string, into bool) (Spot, error) {
	if name == "." {
		if dir, real, err := v.Folder(path); err == nil {
			return Spot{Dir: dir, Name: ".", Real: real, Abs: real, Typed: path}, nil
		}
	}
	return v.Target(path, name, into)
}

// Entry returns the entry and the status of the file at path. A link is not followed
// unless path ends in a separator, "." or "..". A path such as "." may name a link,
// because the current folder of the session may be one.
func (v *View) Entry(path string) (codec.Entry, fs.FileInfo, error) {
	s, err := v.Place(path)
	if err != nil {
		return codec.Entry{}, nil, err
	}
	defer s.Close()
	fi, err := s.Dir.Lstat(s.Name)
	if err == nil && !fi.IsDir() && entersFolder(path) {
		fi, err = v.Stat(path)
	}
	if err != nil {
		return codec.Entry{}, nil, err
	}
	e := landing.EntryWithTarget(s.Name, fi, s.Dir.Readlink, s.Name)
	e.Name = path
	return e, fi, nil
}

// Stat returns the status of the file that path leads to.
func (v *View) Stat(path string) (fs.FileInfo, error) {
	s, err := v.Follow(path)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	fi, err := s.Dir.Stat(s.Name)
	if err == nil && !fi.IsDir() && EndsInSeparator(path) {
		err = codec.Errorf(codec.NotDirectory, "")
	}
	return fi, err
}

// Look returns the current status of the file that path leads to.
func (v *View) Look(path string) (fs.FileInfo, error) {
	s, err := v.Follow(path)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	return s.Dir.Lstat(s.Name)
}

// IsFolder reports whether path leads to a folder.
func (v *View) IsFolder(path string) bool {
	fi, err := v.Stat(path)
	return err == nil && fi.IsDir()
}

// Regular opens, for reading, the regular file that path leads to. It never blocks,
// whatever kind of file it finds.
func (v *View) Regular(path string) (*os.File, fs.FileInfo, error) {
	s, err := v.Follow(path)
	if err != nil {
		return nil, nil, err
	}
	defer s.Close()
	fi, err := s.Dir.Lstat(s.Name)
	switch {
	case err != nil:
		return nil, nil, err
	case fi.IsDir():
		return nil, nil, codec.Errorf(codec.IsDirectory, "")
	case EndsInSeparator(path):
		return nil, nil, codec.Errorf(codec.NotDirectory, "")
	case !fi.Mode().IsRegular():
		return nil, nil, codec.Errorf(codec.NotRegular, "")
	}
	return landing.OpenRegular(s.Dir, s.Name, fi)
}

// FileIDs returns the landing.FileIDs of the file that path leads to, which need not exist yet.
func (v *View) FileIDs(path string) ([]string, error) {
	real, err := v.Resolve(path)
	if errors.Is(err, fs.ErrNotExist) {
		s, perr := v.Place(path)
		if perr != nil {
			return nil, perr
		}
		s.Close()
		real, err = s.Real, nil
	}
	if err != nil {
		return nil, err
	}
	return landing.FileIDs(real, v.FS.Open)
}
