package transfer

import (
	"encoding/binary"
	"hash/maphash"

	"techsh/codec/hashset"
)

// Sets of names store only a hash of each name, because a tree may have millions of them.
// Each set has a random seed, so that the other side cannot choose names with equal
// hashes. Among a million names, the probability of two equal hashes is 3e-8.

// A NameSet is a set of names in which names can be looked up while more are added. A
// name takes up to 40 bytes. The zero value cannot be used.
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

// Has reports whether name is in the set.
func (n *NameSet) Has(name string) bool {
	_, ok := n.hashes[n.hash(name)]
	return ok
}

// Len returns the number of names in the set.
func (n *NameSet) Len() int { return len(n.hashes) }

// A NameTable is a set of names in which names are looked up only after all of them were
// added. A name takes hashset.Size bytes. The zero value cannot be used.
type NameTable struct {
	seed   maphash.Seed
	hashes hashset.Set
}

// NewNameTable returns an empty table.
func NewNameTable() *NameTable { return &NameTable{seed: maphash.MakeSeed()} }

// Add adds name to the table.
func (n *NameTable) Add(name string) { n.hashes.Add(maphash.String(n.seed, name)) }

// Has reports whether name is in the table.
func (n *NameTable) Has(name string) bool { return n.hashes.Has(maphash.String(n.seed, name)) }

// Len returns the number of different names in the table.
func (n *NameTable) Len() int { return n.hashes.Len() }

// Twice reports whether a name was added twice.
func (n *NameTable) Twice() bool { return n.hashes.Twice() }
