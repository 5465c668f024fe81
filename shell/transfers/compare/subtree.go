package compare

import "strings"

// A Subtree records whether a walk is still inside the folder that was last passed to
// Enter. It requires that the walk visits a folder first, then everything in the folder,
// and only then anything else.
type Subtree struct{ prefix string }

// Enter records that the walk enters folder.
func (s *Subtree) Enter(folder string) { s.prefix = folder + "/" }

// Includes reports whether name is inside the folder. name must be the next name of the
// walk. If name is outside, the walk has left the folder.
func (s *Subtree) Includes(name string) bool {
	if s.prefix != "" && strings.HasPrefix(name, s.prefix) {
		return true
	}
	s.prefix = ""
	return false
}
