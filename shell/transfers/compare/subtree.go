package compare

import "strings"

// A Subtree records which folder a walk is in, if any. It requires that a walk visits
// a folder before its contents, and all its contents in a row.
type Subtree struct{ prefix string }

// Enter records that the walk enters folder.
func (s *Subtree) Enter(folder string) { s.prefix = folder + "/" }

// Includes reports whether name, the next of the walk, is inside the folder. If not,
// the walk has left the folder.
func (s *Subtree) Includes(name string) bool {
	if s.prefix != "" && strings.HasPrefix(name, s.prefix) {
		return true
	}
	s.prefix = ""
	return false
}
