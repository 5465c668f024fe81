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
// exactly this name. Relative paths stay relative. They start at base, or, if base is
// empty, where the parameter folders starts relative paths. A pattern without a match is
// an error of code not-found. The search ends when ctx ends.
func Expand(ctx context.Context, folders Folders, base string, w codec.Word) (Matches, error) {
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
	x := expander{ctx: ctx, folders: folders, base: base, entered: NewNameSet()}
	x.match(&match{name: done}, landing.Components(rest))
	if ctx.Err() != nil {
		return Matches{}, context.Cause(ctx)
	}
	if x.tooMuch() {
		return Matches{}, &codec.Error{
			Code: codec.TooBig, Name: w.Text, Text: "it matches too much, or in too many folders",
		}
	}
	if len(x.found.list) == 0 {
		return Matches{}, &codec.Error{Code: codec.NotFound, Name: w.Text, Text: "nothing matches"}
	}
	return x.found, nil
}

const (
	maxMatches = 24 << 20 // the most bytes that matches, and names in folders that are being searched, may take
	maxVisits  = 100_000  // folders that are read
)

// Matches are the paths that a word stands for. No path is stored as a whole, because
// there may be very many paths in folders with long paths.
type Matches struct {
	list []*match
	long []*match // folders that contain paths that are too long
}

// A match is a path. It consists of the path of in, which is its folder and also a match,
// and of name. If in is nil, the path is only name.
type match struct {
	in     *match
	name   string
	needed bool // expander.bytes includes this match
}

// matchSize is the memory that a match takes, without its name.
const matchSize = 64

func (m *match) path() string {
	if m.in == nil {
		return m.name
	}
	return appendName(m.in.path(), m.name)
}

// Match returns the Matches with only this path.
func Match(path string) Matches { return Matches{list: []*match{{name: path}}} }

// Len returns the number of paths.
func (m Matches) Len() int { return len(m.list) }

// First returns the first path.
func (m Matches) First() string { return m.list[0].path() }

// All returns the paths.
func (m Matches) All() iter.Seq[string] { return paths(m.list) }

// Long returns the folders in which there are paths that are too long to be used.
func (m Matches) Long() iter.Seq[string] { return paths(m.long) }

func paths(list []*match) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, m := range list {
			if !yield(m.path()) {
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
	bytes   int // the bytes that found, and the names in folders that are being searched, take
	visits  int
	full    bool // the limits are exceeded
	// the folders that ** has entered, each with the number of components of the pattern
	// that were left then; if the pattern has several **, it can reach a folder in many
	// ways
	entered *NameSet
}

func (x *expander) tooMuch() bool {
	x.full = x.full || x.bytes > maxMatches || x.visits > maxVisits
	return x.full
}

// add adds m to the matches.
func (x *expander) add(m *match) {
	x.found.list = append(x.found.list, m)
	for ; m != nil && !m.needed; m = m.in {
		m.needed = true
		x.bytes += matchSize + len(m.name)
	}
}

// match finds the paths that consist of done and components that match rest.
func (x *expander) match(done *match, rest []string) {
	if x.ctx.Err() != nil || x.tooMuch() {
		return
	}
	if len(rest) == 0 {
		x.add(done)
		return
	}
	head, rest := rest[0], rest[1:]
	if !codec.HasPattern(head) {
		next := &match{in: done, name: head}
		if len(rest) == 0 { // only the last component; reading a folder shows whether it is missing
			if _, err := x.folders.Lstat(Join(x.base, next.path())); err != nil {
				return
			}
		}
		x.match(next, rest)
		return
	}
	path := done.path()
	x.visits++
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
		next := &match{in: done, name: n.name}
		switch {
		case head != codec.Deep:
			x.match(next, rest)
			continue
		case len(rest) == 0:
			x.add(next)
		}
		if n.isFolder {
			x.match(next, append([]string{codec.Deep}, rest...))
		}
	}
	for _, n := range names {
		x.bytes -= matchSize + len(n.name)
	}
}

// A matchedName is a name in a folder that matches.
type matchedName struct {
	name     string
	isFolder bool
}

// read returns the sorted names that match head in a folder.
func (x *expander) read(in *match, path, head string) (names []matchedName) {
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
		names = append(names, matchedName{name, e.IsDir()})
		if x.bytes += matchSize + len(name); x.tooMuch() {
			return codec.Errorf(codec.TooBig, "")
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

// appendName appends a component to a path, which may be empty or a root.
func appendName(done, name string) string {
	if done == "" || os.IsPathSeparator(done[len(done)-1]) || strings.HasSuffix(done, ":") {
		return done + name
	}
	return done + string(filepath.Separator) + name
}

// Join makes a typed path absolute. Relative paths start at base. On Windows paths that
// begin with a separator start on the drive of base.
func Join(base, path string) string {
	switch {
	case filepath.IsAbs(path):
		return filepath.Clean(path)
	case path != "" && os.IsPathSeparator(path[0]):
		return filepath.Clean(filepath.VolumeName(base) + path)
	}
	return filepath.Clean(filepath.Join(base, path)) // Clean turns an empty path into "."
}
