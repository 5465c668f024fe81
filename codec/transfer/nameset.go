package transfer

import (
	"encoding/binary"
	"hash/maphash"
	"strings"
)

// A NameSet is a set of names in a tree. It stores only a hash of each name, because a
// tree may have millions of them. Each set has a random seed, so that the other side
// cannot choose names with equal hashes. Among a million names, the probability of two
// equal hashes is 3e-8. The zero value cannot be used.
type NameSet struct {
	seed   maphash.Seed
	hashes map[nameHash]struct{}
}

// A nameHash is an array of bytes, because a map would use 16 bytes for each uint64.
type nameHash [8]byte

// NewNameSet returns an empty set.
func NewNameSet() *NameSet {
	return &NameSet{seed: maphash.MakeSeed(), hashes: map[nameHash]struct{}{}}
}

func (n *NameSet) hash(name string) (h nameHash) {
	binary.NativeEndian.PutUint64(h[:], maphash.String(n.seed, name))
	return h
}

// Add adds name to the set.
func (n *NameSet) Add(name string) { n.hashes[n.hash(name)] = struct{}{} }

// Remove removes name from the set.
func (n *NameSet) Remove(name string) { delete(n.hashes, n.hash(name)) }

// Has reports whether name is in the set.
func (n *NameSet) Has(name string) bool {
	_, ok := n.hashes[n.hash(name)]
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
func (n *NameSet) Len() int { return len(n.hashes) }
