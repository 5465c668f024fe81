package compare

import "strings"

// A Subtree is the folder that a walk is in, or none. A walk meets a folder before
// what it contains, and all of that together.
type Subtree struct{ prefix string }

// Enter makes folder the subtree.
func (s *Subtree) Enter(folder string) { s.prefix = folder + "/" }

// Includes reports whether the next name of the walk is in the subtree. If not,
// the walk has left it.
func (s *Subtree) Includes(name string) bool {
	if s.prefix != "" && strings.HasPrefix(name, s.prefix) {
		return true
	}
	s.prefix = ""
	return false
}
