package files

import (
	"slices"

	"techsh/codec"
)

// A sorter sorts the entries of a folder, of which there may be millions. It keeps
// them packed, in runs that are sorted while entries are received, and merges the
// runs at the end.
type sorter struct {
	order   func(a, b *codec.Entry) int
	entries []codec.Entry // the unsorted entries of the last run
	runs    []codec.Packed
	scratch codec.Packed
	bytes   int // the memory that all entries take, in bytes
	inRun   int // the memory that the entries of the last run take, in bytes
}

const (
	maxRun      = 4096     // number of entries in a run, small enough for the processor's cache
	maxRunBytes = 1 << 20  // limit for the memory that the entries of a run take, in bytes
	maxSorted   = 32 << 20 // limit for the memory that all entries take, in bytes; further entries are not sorted
)

func (s *sorter) add(e codec.Entry) {
	if len(s.entries) == maxRun || s.inRun > maxRunBytes {
		s.pack()
	}
	s.entries = append(s.entries, e)
	size := 32 + len(e.Name) + len(e.Target)
	for _, pair := range e.More {
		size += 32 + len(pair.Key) + len(pair.Value)
	}
	s.bytes += size
	s.inRun += size
}

// full reports whether the entries take so much memory that no more should be added.
func (s *sorter) full() bool { return s.bytes > maxSorted }

// pack sorts and packs the entries of the last run, and begins a new run.
func (s *sorter) pack() {
	s.scratch = s.scratch[:0]
	for _, e := range s.sortRun() {
		s.scratch.Add(e)
	}
	s.runs = append(s.runs, slices.Clone(s.scratch)) // without spare capacity
	clear(s.entries)
	s.entries, s.inRun = s.entries[:0], 0
}

// sortRun returns the sorted entries of the last run.
func (s *sorter) sortRun() []*codec.Entry {
	sorted := make([]*codec.Entry, len(s.entries))
	for i := range s.entries {
		sorted[i] = &s.entries[i]
	}
	slices.SortFunc(sorted, s.order)
	return sorted
}

// all yields the sorted entries and empties the sorter. An entry is valid only until the
// next one is yielded.
func (s *sorter) all(yield func(*codec.Entry) bool) {
	defer func() { *s = sorter{order: s.order} }()
	if s.runs == nil {
		for _, e := range s.sortRun() {
			if !yield(e) {
				return
			}
		}
		return
	}
	s.pack()
	merged := s.merge()
	for e := merged.next(); e != nil && yield(e); {
		e = merged.next()
	}
}

// merge returns a source that merges all runs.
func (s *sorter) merge() source {
	sources := make([]source, len(s.runs))
	for i := range s.runs {
		sources[i] = &runReader{rest: s.runs[i]}
	}
	for len(sources) > 1 {
		n := 0
		for pair := range slices.Chunk(sources, 2) {
			sources[n] = pair[0]
			if len(pair) == 2 {
				sources[n] = newMerger(pair[0], pair[1], s.order)
			}
			n++
		}
		sources = sources[:n]
	}
	return sources[0]
}

// A source returns sorted entries, and nil after the last one. An entry is valid only
// until the next call.
type source interface{ next() *codec.Entry }

// A merger merges two sources.
type merger struct {
	from  [2]source
	heads [2]*codec.Entry
	last  int // the index of the source of the last returned entry, or -1
	order func(a, b *codec.Entry) int
}

func newMerger(a, b source, order func(a, b *codec.Entry) int) *merger {
	return &merger{from: [2]source{a, b}, heads: [2]*codec.Entry{a.next(), b.next()}, last: -1, order: order}
}

func (m *merger) next() *codec.Entry {
	if m.last >= 0 {
		m.heads[m.last] = m.from[m.last].next()
	}
	m.last = 0
	if m.heads[0] == nil || m.heads[1] != nil && m.order(m.heads[1], m.heads[0]) < 0 {
		m.last = 1
	}
	return m.heads[m.last]
}

// A runReader reads a packed run.
type runReader struct {
	entry codec.Entry
	rest  codec.Packed
}

func (r *runReader) next() *codec.Entry {
	if len(r.rest) == 0 {
		return nil
	}
	r.entry = r.rest.Take()
	return &r.entry
}
