// Package hashset has sets of hashes that take little memory.
package hashset

import "slices"

// Size is the number of bytes that a hash in a Set takes.
const Size = 8

// A Set is a set of hashes. Add all hashes before calling the other methods: the first of
// these calls after an Add sorts all hashes. The zero value is an empty set.
type Set struct {
	hashes   []uint64
	unsorted bool
	twice    bool
}

// Add adds a hash.
func (s *Set) Add(hash uint64) { s.hashes, s.unsorted = append(s.hashes, hash), true }

// Has reports whether the set contains a hash.
func (s *Set) Has(hash uint64) bool {
	s.sort()
	_, found := slices.BinarySearch(s.hashes, hash)
	return found
}

// Len returns the number of different hashes.
func (s *Set) Len() int {
	s.sort()
	return len(s.hashes)
}

// Twice reports whether a hash was added twice.
func (s *Set) Twice() bool {
	s.sort()
	return s.twice
}

func (s *Set) sort() {
	if !s.unsorted {
		return
	}
	n := len(s.hashes)
	slices.Sort(s.hashes)
	s.hashes = slices.Compact(s.hashes)
	s.unsorted, s.twice = false, s.twice || len(s.hashes) < n
}
