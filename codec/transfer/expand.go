package transfer

import (
	"context"
	"io/fs"
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
	ReadDir(path string) ([]fs.DirEntry, error)
	Home() (string, error)
}

// OS is the file system of this machine.
type OS struct{}

// Lstat calls os.Lstat.
func (OS) Lstat(path string) (fs.FileInfo, error) { return os.Lstat(path) }

// ReadDir calls os.ReadDir.
func (OS) ReadDir(path string) ([]fs.DirEntry, error) { return os.ReadDir(path) }

// Home calls os.UserHomeDir.
func (OS) Home() (string, error) { return os.UserHomeDir() }

// foldCase is true if names that differ only in case are the same on this system.
const foldCase = runtime.GOOS == "windows"

// Expand returns the paths that a typed word stands for, sorted, in the form in which
// they would be typed. A bare word may begin with the home folder, ~, unless there is a
// file called ~, and it may be a pattern, unless there is a file with exactly this name.
// Relative paths stay relative. They start at base, or, if base is empty, where the
// relative paths of the parameter folders start. A pattern without a match is an error of
// code not-found. The search ends with ctx.
func Expand(ctx context.Context, folders Folders, base string, w codec.Word) ([]string, error) {
	text := w.Text
	if rest, ok := strings.CutPrefix(text, "~"); ok && !w.Quoted &&
		(rest == "" || os.IsPathSeparator(rest[0])) {
		if _, err := folders.Lstat(Join(base, "~")); err != nil {
			home, err := folders.Home()
			if err != nil {
				return nil, err
			}
			if rest != "" {
				home = strings.TrimSuffix(home, string(filepath.Separator))
			}
			text = home + rest
		}
	}
	if !codec.HasPattern(text) || w.Quoted && !foldCase {
		return []string{text}, nil
	}
	if _, err := folders.Lstat(Join(base, text)); err == nil {
		return []string{text}, nil
	}
	volume := filepath.VolumeName(text)
	rest := text[len(volume):]
	done := volume
	for rest != "" && os.IsPathSeparator(rest[0]) {
		done, rest = done+rest[:1], rest[1:]
	}
	x := expander{ctx: ctx, folders: folders, base: base, visited: map[deepVisit]bool{}}
	x.match(done, landing.Components(rest))
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if len(x.found) > maxMatches || x.visits > maxVisits {
		return nil, &codec.Error{
			Code: codec.TooBig, Name: w.Text, Text: "it matches too much, or in too many folders",
		}
	}
	if len(x.found) == 0 {
		return nil, &codec.Error{Code: codec.NotFound, Name: w.Text, Text: "nothing matches"}
	}
	slices.Sort(x.found)
	return slices.Compact(x.found), nil
}

const (
	maxMatches = 100_000
	maxVisits  = 100_000 // folders that are read
)

type expander struct {
	ctx     context.Context
	folders Folders
	base    string
	found   []string
	visits  int
	visited map[deepVisit]bool // the folders that ** has entered, since several ** can reach a folder in many ways
}

// A deepVisit is a folder that ** entered, and the number of components of the pattern
// that were left then.
type deepVisit struct {
	folder string
	left   int
}

// match finds the paths that consist of done and components that match rest.
func (x *expander) match(done string, rest []string) {
	if x.ctx.Err() != nil {
		return
	}
	if len(rest) == 0 {
		x.found = append(x.found, done)
		return
	}
	head, rest := rest[0], rest[1:]
	if !codec.HasPattern(head) {
		next := appendName(done, head)
		if len(rest) == 0 { // a missing folder shows when it is read
			if _, err := x.folders.Lstat(Join(x.base, next)); err != nil {
				return
			}
		}
		x.match(next, rest)
		return
	}
	if x.visits++; x.visits > maxVisits || len(x.found) > maxMatches {
		return
	}
	if head == codec.Deep {
		here := deepVisit{done, len(rest)}
		if x.visited[here] {
			return
		}
		x.visited[here] = true
		if len(rest) > 0 {
			x.match(done, rest)
		}
	}
	list, err := x.folders.ReadDir(Join(x.base, done))
	if err != nil {
		return // not a folder, or not readable, so nothing in it matches
	}
	for _, e := range list {
		name := e.Name()
		if landing.IsPart(name) && e.Type().IsRegular() || name[0] == '.' && head[0] != '.' {
			continue
		}
		next := appendName(done, name)
		switch {
		case head == codec.Deep:
			if len(rest) == 0 {
				x.found = append(x.found, next)
			}
			if e.IsDir() {
				x.match(next, append([]string{codec.Deep}, rest...))
			}
		case codec.Match(head, name, foldCase):
			x.match(next, rest)
		}
	}
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
