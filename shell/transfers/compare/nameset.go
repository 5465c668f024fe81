package compare

import (
	"hash/maphash"
	"strings"
)

// A NameSet is a set of names. It stores only a 128-bit hash of each name, because a
// tree may have millions of names.
type NameSet struct {
	seeds [2]maphash.Seed
	marks map[[2]uint64]struct{}
}

// NewNameSet returns an empty set.
func NewNameSet() *NameSet {
	return &NameSet{
		seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()},
		marks: map[[2]uint64]struct{}{},
	}
}

func (n *NameSet) mark(name string) [2]uint64 {
	return [2]uint64{maphash.String(n.seeds[0], name), maphash.String(n.seeds[1], name)}
}

// Add adds name to the set.
func (n *NameSet) Add(name string) { n.marks[n.mark(name)] = struct{}{} }

// Remove removes name from the set.
func (n *NameSet) Remove(name string) { delete(n.marks, n.mark(name)) }

// Has reports whether name is in the set.
func (n *NameSet) Has(name string) bool {
	_, ok := n.marks[n.mark(name)]
	return ok
}

// AddParents adds all folders above name.
func (n *NameSet) AddParents(name string) {
	for i := strings.LastIndexByte(name, '/'); i > 0; i = strings.LastIndexByte(name[:i], '/') {
		if n.Has(name[:i]) {
			return
		}
		n.Add(name[:i])
	}
}

// Len returns the number of names in the set.
func (n *NameSet) Len() int { return len(n.marks) }
