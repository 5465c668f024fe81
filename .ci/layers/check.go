package main

import (
	"bytes"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// check returns what is wrong in the tree, a line each.
func check(tree fs.FS) ([]string, error) {
	c := &checker{tree: tree, lines: map[string]int{}}
	top, err := fs.ReadDir(tree, ".")
	if err != nil {
		return nil, err
	}
	for _, e := range top {
		if e.Name()[0] != '.' && !slices.Contains(topLevel, e.Name()) {
			c.bad(e.Name(), "not among the names at the top")
		}
	}
	err = fs.WalkDir(tree, ".", c.visit)
	c.sizes()
	c.rooms()
	sort.Strings(c.wrong)
	return c.wrong, err
}

type checker struct {
	tree  fs.FS
	lines map[string]int // of each package, without tests and doc.go
	wrong []string
}

func (c *checker) bad(where, format string, args ...any) {
	c.wrong = append(c.wrong, where+": "+fmt.Sprintf(format, args...))
}

// visit checks a folder or a file.
func (c *checker) visit(name string, d fs.DirEntry, err error) error {
	base := path.Base(name)
	hidden := len(name) > 1 && base[0] == '.'
	switch {
	case err != nil:
		return err
	case d.IsDir() && hidden && name != ".ci":
		return fs.SkipDir
	case d.IsDir() && slices.Contains(emptyNames, base):
		c.bad(name, "a name that says nothing of what is in it")
	case !d.IsDir() && strings.HasSuffix(name, ".go"):
		return c.file(name)
	}
	return nil
}

// file checks a Go file.
func (c *checker) file(name string) error {
	text, err := fs.ReadFile(c.tree, name)
	if err != nil {
		return err
	}
	c.columns(name, text)
	folder := path.Dir(name)
	if !under(folder, "codec") && !under(folder, "shell") && !under(folder, "remote") || in(folder, "testdata") {
		return nil
	}
	parsed, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly)
	if err != nil {
		return err
	}
	test := strings.HasSuffix(name, "_test.go")
	if !test && path.Base(name) != "doc.go" {
		c.lines[folder] += bytes.Count(text, []byte("\n"))
	}
	for _, spec := range parsed.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		if !test && !isHarness(folder) {
			c.imports(name, folder, imported)
		}
	}
	return nil
}

// columns checks the length of lines; a tab is one column.
func (c *checker) columns(name string, text []byte) {
	number := 0
	for line := range bytes.Lines(text) {
		number++
		if n := utf8.RuneCount(bytes.TrimRight(line, "\r\n")); n > mostColumns {
			c.bad(fmt.Sprintf("%s:%d", name, number), "%d columns, the most are %d", n, mostColumns)
		}
	}
}

// imports checks one import of a file that is no test.
func (c *checker) imports(name, folder, imported string) {
	own, ok := strings.CutPrefix(imported, module+"/")
	switch first, _, _ := strings.Cut(imported, "/"); {
	case ok:
		c.order(name, folder, own)
	case strings.Contains(first, "."):
		c.door(name, folder, imported)
	}
}

// order checks an import of this module.
func (c *checker) order(name, folder, imported string) {
	allowed, known := mayImport[folder]
	switch {
	case isHarness(imported):
		c.bad(name, "imports %s: only tests may", module+"/"+imported)
	case !known:
		c.bad(name, "%s has no place in the order of packages", folder)
	case roomOf(folder) != "" && roomOf(imported) != "" && roomOf(imported) != roomOf(folder):
		c.bad(name, "imports %s: a room imports no other room", module+"/"+imported)
	case !slices.ContainsFunc(allowed, func(p string) bool { return matches(imported, p) }):
		c.bad(name, "imports %s: it is not below %s", module+"/"+imported, folder)
	}
}

// door checks an import of another module.
func (c *checker) door(name, folder, imported string) {
	longest := ""
	for _, d := range doors {
		if under(imported, d.dependency) && len(d.dependency) > len(longest) {
			longest = d.dependency
		}
	}
	var packages []string
	for _, d := range doors {
		if d.dependency != longest {
			continue
		}
		packages = append(packages, d.packages...)
		fits, err := path.Match(d.files, path.Base(name))
		if slices.ContainsFunc(d.packages, func(p string) bool { return matches(folder, p) }) &&
			(d.files == "" || fits && err == nil) {
			return
		}
	}
	if longest == "" {
		c.bad(name, "imports %s, which has no door", imported)
		return
	}
	c.bad(name, "imports %s, whose door is %s", imported, strings.Join(packages, ", "))
}

// sizes checks how many lines packages have.
func (c *checker) sizes() {
	for folder, n := range c.lines {
		most := mostLines
		if slices.Contains(roots, folder) {
			most = mostOfRoot
		}
		if n > most && !isHarness(folder) {
			c.bad(folder, "%d lines, the most are %d", n, most)
		}
	}
}

// rooms checks that both halves have the same rooms.
func (c *checker) rooms() {
	for _, half := range roots {
		for _, room := range rooms {
			if c.lines[half+"/"+room] == 0 {
				c.bad(half, "the room %s is missing", room)
			}
		}
	}
}

// under reports whether name is root or below it.
func under(name, root string) bool { return name == root || strings.HasPrefix(name, root+"/") }

// in reports whether component is one of the path components of name.
func in(name, component string) bool { return slices.Contains(strings.Split(name, "/"), component) }

// matches reports whether a package is the one that a pattern names: "x/..." is
// x and what is below it.
func matches(name, pattern string) bool {
	if root, ok := strings.CutSuffix(pattern, "/..."); ok {
		return under(name, root)
	}
	return name == pattern
}

func isHarness(folder string) bool {
	return slices.ContainsFunc(harnesses, func(h string) bool { return under(folder, h) })
}

// roomOf returns the room that a package is or is below, or "".
func roomOf(folder string) string {
	half, rest, _ := strings.Cut(folder, "/")
	room, _, _ := strings.Cut(rest, "/")
	if !slices.Contains(roots, half) || !slices.Contains(rooms, room) {
		return ""
	}
	return half + "/" + room
}
