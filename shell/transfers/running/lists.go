package running

import (
	"encoding/binary"
	"iter"

	"techsh/codec"
)

// chunkSize is the size in bytes from which a list begins another chunk. A list in one
// piece would be copied each time it grows.
const chunkSize = 64 << 10

// An EntryList is a list of entries that takes little memory.
type EntryList struct {
	Budget *codec.Budget
	chunks []codec.Packed
	n      int
}

// Add adds an entry at the end.
func (l *EntryList) Add(e *codec.Entry) error {
	last := len(l.chunks) - 1
	if last < 0 || len(l.chunks[last]) > chunkSize {
		l.chunks = append(l.chunks, nil)
		last++
	}
	before := len(l.chunks[last])
	l.chunks[last].Add(e)
	l.n++
	return l.Budget.Take(len(l.chunks[last]) - before)
}

// Len returns the number of entries.
func (l *EntryList) Len() int { return l.n }

// All returns the entries.
func (l *EntryList) All() iter.Seq[codec.Entry] {
	return func(yield func(codec.Entry) bool) {
		for _, chunk := range l.chunks {
			for len(chunk) > 0 {
				if !yield(chunk.Take()) {
					return
				}
			}
		}
	}
}

// A NameList is a list of names that takes little memory, if names that follow each other
// begin alike.
type NameList struct {
	Budget *codec.Budget
	chunks [][]byte // for each name, how many bytes of the name before begin it, and the rest
	last   string
	n      int
	size   int
}

// Add adds a name at the end. It returns how many bytes the name shares with the
// beginning of the previous name.
func (l *NameList) Add(name string) (shared int, err error) {
	last := len(l.chunks) - 1
	if last < 0 || len(l.chunks[last]) > chunkSize {
		l.chunks, l.last = append(l.chunks, nil), ""
		last++
	}
	for shared < min(len(name), len(l.last)) && name[shared] == l.last[shared] {
		shared++
	}
	before := len(l.chunks[last])
	b := binary.AppendUvarint(l.chunks[last], uint64(shared))
	b = binary.AppendUvarint(b, uint64(len(name)-shared))
	b = append(b, name[shared:]...)
	l.chunks[last], l.last = b, name
	l.n++
	l.size += len(b) - before
	return shared, l.Budget.Take(len(b) - before)
}

// Size returns the number of bytes that the names take.
func (l *NameList) Size() int { return l.size }

// Len returns the number of names.
func (l *NameList) Len() int { return l.n }

// All returns the names.
func (l *NameList) All() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, rest := range l.chunks {
			name := ""
			for len(rest) > 0 {
				var n [2]uint64
				for i := range n {
					var size int
					n[i], size = binary.Uvarint(rest)
					rest = rest[size:]
				}
				name = name[:n[0]] + string(rest[:n[1]])
				rest = rest[n[1]:]
				if !yield(name) {
					return
				}
			}
		}
	}
}

// Words returns the names as quoted words, in batches that each fit into one call.
func (l *NameList) Words() iter.Seq[[]codec.Word] {
	return func(yield func([]codec.Word) bool) {
		var batch []codec.Word
		size := 0
		for name := range l.All() {
			if size += len(name); len(batch) > 0 && size > codec.MaxWords/4 {
				if !yield(batch) {
					return
				}
				batch, size = nil, len(name)
			}
			batch = append(batch, codec.Lit(name))
		}
		if len(batch) > 0 {
			yield(batch)
		}
	}
}
