package files

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/remote/disk"
)

// maxCompletions is the largest number of completions that are sent.
const maxCompletions = 1000

// complete sends entries for the first completions of a typed prefix, in order. Their
// names are the words as they would be typed; the names of folders end in a separator.
// The returned pairs have the number of all completions and the text with which all
// begin.
func (l *listing) complete(w codec.Word, foldersOnly bool) (codec.Pairs, error) {
	prefix := w.Text
	drives := completedDrives(l.r.View.Drives(), prefix)
	if len(drives) > 0 && prefix != "" {
		return l.completeDrive(drives)
	}
	i := len(prefix)
	for i > 0 && !os.IsPathSeparator(prefix[i-1]) {
		i--
	}
	under, begin := prefix[:i], prefix[i:]
	open := under
	if open == "" {
		open = "."
	}
	if !w.Quoted && !codec.HasPattern(open) {
		paths, err := l.r.View.Expand(l.ctx, codec.Bare(open))
		if err == nil && paths.First() != open {
			// Use the expanded path, because in a quoted word ~ does not mean the home
			// folder.
			open, under = paths.First(), paths.First()
		}
	}
	var m matches
	for _, drive := range drives {
		m.add(drive)
	}
	err := l.r.View.Reading(open, func(root *os.Root, f *os.File) error {
		folder := completedFolder{
			root, func(name string) bool { return l.r.View.IsFolder(disk.Below(open, name)) }, drives,
		}
		err := disk.ScanNames(f, func(name string, kind fs.FileMode) error {
			if folder.completes(name, kind, begin) && (!foldersOnly || folder.has(name, kind)) {
				m.add(name)
			}
			return context.Cause(l.ctx)
		})
		if err != nil {
			return err
		}
		m.cut()
		if under != "" {
			if err := l.begin(under); err != nil { // all names begin with this folder
				return err
			}
		}
		for _, name := range m.first {
			if e, err := folder.entry(name); err == nil {
				e.Name = under + e.Name
				if err := l.Entry(e); err != nil {
					return err
				}
			} // else it has disappeared
		}
		return l.Flush()
	})
	return m.pairs(under), err
}

// completedDrives returns the drives that complete prefix, which is empty or ends in a
// colon. The prefix may begin with the separator for which DIR lists the drives.
func completedDrives(roots []string, prefix string) (words []string) {
	letter := strings.TrimPrefix(prefix, "/")
	front := prefix[:len(prefix)-len(letter)]
	for _, root := range roots {
		if letter == "" || strings.HasSuffix(letter, ":") && strings.EqualFold(root[:len("C:")], letter) {
			words = append(words, front+root)
		}
	}
	return words
}

// completeDrive sends entries for drives.
func (l *listing) completeDrive(words []string) (codec.Pairs, error) {
	var m matches
	for _, word := range words {
		m.add(word)
		if err := l.Entry(folderEntry(word)); err != nil {
			return nil, err
		}
	}
	return m.pairs(""), l.Flush()
}

func sameName(a, b string) bool { return a == b || disk.FoldNames && strings.EqualFold(a, b) }

// A completedFolder is the folder whose names are completed.
type completedFolder struct {
	root   *os.Root
	leads  func(name string) bool // reports whether a link leads to a folder
	drives []string               // names of completions that are roots of drives and not files in the folder
}

// completes reports whether name, a file of the given kind, is a completion of the text
// in begin. Part files never are, and hidden files only if begin is not empty.
func (c completedFolder) completes(name string, kind fs.FileMode, begin string) bool {
	if len(name) < len(begin) || !sameName(name[:len(begin)], begin) || kind.IsRegular() && landing.IsPart(name) {
		return false
	}
	return begin != "" || !landing.Hidden(name, func() (fs.FileInfo, error) { return c.root.Lstat(name) })
}

// has reports whether name, a file of the given kind, is a folder or a link to one.
func (c completedFolder) has(name string, kind fs.FileMode) bool {
	return kind.IsDir() || kind&fs.ModeSymlink != 0 && c.leads(name)
}

// entry returns the entry of name. If name is a link to a folder, the entry is that of a
// folder.
func (c completedFolder) entry(name string) (codec.Entry, error) {
	if slices.Contains(c.drives, name) {
		return folderEntry(name), nil
	}
	fi, err := c.root.Lstat(name)
	if err != nil {
		return codec.Entry{}, err
	}
	e := landing.EntryWithTarget(name, fi, c.root.Readlink, name)
	if e.Kind == codec.Link && c.leads(name) {
		e.Kind, e.Target = codec.Folder, ""
	}
	if e.Kind == codec.Folder {
		e.Name += string(filepath.Separator)
	}
	return e, nil
}

// matches are the names that complete a prefix.
type matches struct {
	count  int
	common string   // what all names begin with
	first  []string // has at least the first maxCompletions names
}

func (m *matches) add(name string) {
	if m.count++; m.count == 1 {
		m.common = name
	}
	m.common = codec.CommonPrefix(m.common, name, disk.FoldNames)
	if m.first = append(m.first, name); len(m.first) == 2*maxCompletions {
		m.cut()
	}
}

// cut sorts m.first and removes the names after the first maxCompletions, which are not
// sent.
func (m *matches) cut() {
	slices.Sort(m.first)
	m.first = m.first[:min(len(m.first), maxCompletions)]
}

// pairs returns the pairs of the answer. under is the folder with which all names begin.
func (m *matches) pairs(under string) codec.Pairs {
	pairs := codec.Pairs{{Key: "total", Value: strconv.Itoa(m.count)}}
	if m.count > 0 {
		pairs = append(pairs, codec.Pair{Key: "common", Value: under + m.common})
	}
	return pairs
}
