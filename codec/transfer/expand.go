package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/winname"
)

// Folders is the file system in which Expand searches.
type Folders interface {
	Lstat(path string) (fs.FileInfo, error)
	// ReadDir calls the function each for every entry of a folder. It does not collect
	// the entries first.
	ReadDir(path string, each func(fs.DirEntry) error) error
	Home() (string, error)
}

// OS is the file system of this machine.
type OS struct{}

// Lstat calls os.Lstat.
func (OS) Lstat(path string) (fs.FileInfo, error) { return os.Lstat(path) }

// ReadDir reads a folder.
func (OS) ReadDir(path string, each func(fs.DirEntry) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return ReadEntries(f, each)
}

// ReadEntries calls the function each for every entry of the folder that is open as f.
func ReadEntries(f *os.File, each func(fs.DirEntry) error) error {
	for {
		some, err := f.ReadDir(1024)
		for _, e := range some {
			if err := each(e); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Home calls os.UserHomeDir.
func (OS) Home() (string, error) { return os.UserHomeDir() }

// foldCase is true if names that differ only in case are the same on this system.
const foldCase = runtime.GOOS == "windows"

// Expand returns the paths that a typed word stands for, as a person would type them. The
// paths in one folder are sorted. A bare word may begin with ~, the home folder, unless
// there is a file called ~. A bare word may be a pattern, unless there is a file with
// exactly this name. Relative paths stay relative. They start at base or, if base is
// empty, where the methods of the parameter folders start relative paths. If a pattern
// has no match, the error has the code NotFound. The search ends when ctx ends. The
// memory for the paths found is taken from budget.
func Expand(
	ctx context.Context, folders Folders, base string, w codec.Word, budget *codec.Budget,
) (Matches, error) {
	text := w.Text
	if rest, ok := strings.CutPrefix(text, "~"); ok && !w.Quoted &&
		(rest == "" || os.IsPathSeparator(rest[0])) {
		if _, err := folders.Lstat(Join(base, "~")); err != nil {
			home, err := folders.Home()
			if err != nil {
				return Matches{}, err
			}
			if rest != "" {
				home = strings.TrimSuffix(home, string(filepath.Separator))
			}
			text = home + rest
		}
	}
	if !codec.HasPattern(text) || w.Quoted && !foldCase {
		return Match(text), nil
	}
	if _, err := folders.Lstat(Join(base, text)); err == nil {
		return Match(text), nil
	}
	volume := filepath.VolumeName(text)
	rest := text[len(volume):]
	done := volume
	for rest != "" && os.IsPathSeparator(rest[0]) {
		done, rest = done+rest[:1], rest[1:]
	}
	x := expander{ctx: ctx, folders: folders, base: base, entered: NewNameSet(), budget: budget}
	x.match(&landing.Path{Name: done}, landing.Components(rest))
	if ctx.Err() != nil {
		return Matches{}, context.Cause(ctx)
	}
	if x.err != nil {
		return Matches{}, &codec.Error{
			Code: codec.TooBig, Name: w.Text, Text: "it matches too much, or in too many folders",
		}
	}
	if len(x.found.list) == 0 {
		return Matches{}, &codec.Error{Code: codec.NotFound, Name: w.Text, Text: "nothing matches"}
	}
	return x.found, nil
}

// maxVisits is the largest number of folders that are read for a pattern.
const maxVisits = 100_000

// Matches are the paths that a word stands for.
type Matches struct {
	list []*landing.Path
	long []*landing.Path // folders that contain paths that are too long
}

// Match returns the Matches with only this path.
func Match(path string) Matches { return Matches{list: []*landing.Path{{Name: path}}} }

// Len returns the number of paths.
func (m Matches) Len() int { return len(m.list) }

// First returns the first path.
func (m Matches) First() string { return m.list[0].String() }

// All returns the paths.
func (m Matches) All() iter.Seq[string] { return texts(m.list) }

// Paths returns the paths in the form that takes little memory.
func (m Matches) Paths() []*landing.Path { return m.list }

// Long returns the folders in which there are paths that are too long to be used.
func (m Matches) Long() iter.Seq[string] { return texts(m.long) }

func texts(list []*landing.Path) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, p := range list {
			if !yield(p.String()) {
				return
			}
		}
	}
}

type expander struct {
	ctx     context.Context
	folders Folders
	base    string
	found   Matches
	budget  *codec.Budget // for found and the names in folders that are being searched
	visits  int
	err     error // why the search has ended
	// the folders that ** has entered, each with the number of components of the pattern
	// that remained to be matched; a pattern with several ** can reach the same folder in
	// many ways
	entered *NameSet
}

// match finds the paths that begin with the path done and continue with components that
// match the patterns in rest.
func (x *expander) match(done *landing.Path, rest []string) {
	if x.ctx.Err() != nil || x.err != nil {
		return
	}
	if len(rest) == 0 {
		x.found.list = append(x.found.list, done)
		return
	}
	head, rest := rest[0], rest[1:]
	if !codec.HasPattern(head) {
		next := &landing.Path{In: done, Name: head}
		if len(rest) == 0 { // only the last component is checked here; a missing folder is noticed when it is read
			if _, err := x.folders.Lstat(Join(x.base, next.String())); err != nil {
				return
			}
		}
		x.follow(next, rest)
		return
	}
	path := done.String()
	if x.visits++; x.visits > maxVisits {
		x.err = codec.Errorf(codec.TooBig, "")
		return
	}
	if head == codec.Deep {
		here := fmt.Sprintf("%d %s", len(rest), path)
		if x.entered.Has(here) {
			return
		}
		x.entered.Add(here)
		if len(rest) > 0 {
			x.match(done, rest)
		}
	}
	names := x.read(done, path, head)
	for _, n := range names {
		x.budget.Return(n.size())
		next := &landing.Path{In: done, Name: n.name}
		switch {
		case head != codec.Deep:
			x.follow(next, rest)
			continue
		case len(rest) == 0:
			x.follow(next, nil)
		}
		if n.isFolder {
			x.follow(next, append([]string{codec.Deep}, rest...))
		}
	}
}

// follow is like match, and also takes the memory for the path done from the budget if
// something is found.
func (x *expander) follow(done *landing.Path, rest []string) {
	found, size := len(x.found.list), landing.PathSize+len(done.Name)
	if err := x.budget.Take(size); err != nil {
		x.err = err
	}
	x.match(done, rest)
	if len(x.found.list) == found {
		x.budget.Return(size)
	}
}

// A matchedName is the name of an entry of a folder. The name matches the pattern.
type matchedName struct {
	name     string
	isFolder bool
}

// size returns the bytes that n takes.
func (n matchedName) size() int { return landing.PathSize + len(n.name) }

// read returns the sorted names that match head in a folder.
func (x *expander) read(in *landing.Path, path, head string) (names []matchedName) {
	long := false
	err := x.folders.ReadDir(Join(x.base, path), func(e fs.DirEntry) error {
		name := e.Name()
		switch {
		case e.Type().IsRegular() && landing.IsPart(name) || name[0] == '.' && head[0] != '.':
			return nil
		case head != codec.Deep && !codec.Match(head, name, foldCase):
			return nil
		case len(path)+1+len(name) > landing.MaxPath:
			long = true
			return nil
		}
		n := matchedName{name, e.IsDir()}
		names = append(names, n)
		if x.err = x.budget.Take(n.size()); x.err != nil {
			return x.err
		}
		return context.Cause(x.ctx)
	})
	if long {
		x.found.long = append(x.found.long, in)
	}
	_ = err // if it is not a folder, or cannot be read, nothing in it matches
	slices.SortFunc(names, func(a, b matchedName) int { return strings.Compare(a.name, b.name) })
	return names
}

// Join makes a typed path absolute. Relative paths start at base. On Windows it works
// like winname.Abs, but also accepts paths on other computers.
func Join(base, path string) string {
	if runtime.GOOS == "windows" {
		if abs, err := winname.Abs(base, path); err == nil {
			return abs
		}
	}
	switch {
	case filepath.IsAbs(path):
		return filepath.Clean(path)
	case path != "" && os.IsPathSeparator(path[0]):
		return filepath.Clean(filepath.VolumeName(base) + path)
	}
	return filepath.Clean(filepath.Join(base, path)) // Clean turns an empty path into "."
}
