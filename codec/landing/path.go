package landing

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Path is a path, stored as its last name and the Path of the folder around it. Many
// paths in folders that have long paths take little memory in this form.
type Path struct {
	In   *Path // nil for the first name
	Name string
}

// PathSize is the number of bytes that a Path in a list takes, without its name.
const PathSize = 40

// String returns the path.
func (p *Path) String() string {
	if p.In == nil {
		return p.Name
	}
	var names []string
	for ; p != nil; p = p.In {
		names = append(names, p.Name)
	}
	slices.Reverse(names)
	first := names[0]
	if first == "" || os.IsPathSeparator(first[len(first)-1]) || strings.HasSuffix(first, ":") {
		return first + strings.Join(names[1:], string(filepath.Separator))
	}
	return strings.Join(names, string(filepath.Separator))
}
