package files

import (
	"cmp"
	"encoding/binary"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"techsh/codec"
)

// A sorter puts the entries of a folder in order. There may be millions of
// them: they are kept packed, in runs that are sorted while more come, and
// merged in the end.
type sorter struct {
	order   func(a, b *codec.Entry) int
	entries []codec.Entry // of the last run, in no order yet
	runs    []packed
	scratch packed
}

// runMost is how many entries a run has at the most: what a cache holds.
const runMost = 4096

func (s *sorter) add(e codec.Entry) {
	if len(s.entries) == runMost {
		s.pack()
	}
	s.entries = append(s.entries, e)
}

func (s *sorter) pack() {
	s.scratch = s.scratch[:0]
	for _, e := range s.sort() {
		s.scratch.add(e)
	}
	s.runs = append(s.runs, slices.Clone(s.scratch)) // which has no room to spare
	s.entries = s.entries[:0]
}

// sort returns the entries of the last run in order.
func (s *sorter) sort() []*codec.Entry {
	sorted := make([]*codec.Entry, len(s.entries))
	for i := range s.entries {
		sorted[i] = &s.entries[i]
	}
	slices.SortFunc(sorted, s.order)
	return sorted
}

// all returns the entries in order, each until the next, and forgets them.
func (s *sorter) all(yield func(*codec.Entry) bool) {
	defer func() { *s = sorter{order: s.order} }()
	if s.runs == nil {
		for _, e := range s.sort() {
			if !yield(e) {
				return
			}
		}
		return
	}
	s.pack()
	sources := make([]ordered, len(s.runs))
	for i := range s.runs {
		sources[i] = &head{rest: s.runs[i]}
	}
	for len(sources) > 1 {
		n := 0
		for pair := range slices.Chunk(sources, 2) {
			if sources[n] = pair[0]; len(pair) == 2 {
				sources[n] = &merge{from: [2]ordered{pair[0], pair[1]}, heads: [2]*codec.Entry{pair[0].next(), pair[1].next()}, last: -1, order: s.order}
			}
			n++
		}
		sources = sources[:n]
	}
	for e := sources[0].next(); e != nil && yield(e); {
		e = sources[0].next()
	}
}

// An ordered source gives entries in order, each until the next, and then nil.
type ordered interface{ next() *codec.Entry }

// A merge is one of what two sources have.
type merge struct {
	from  [2]ordered
	heads [2]*codec.Entry
	last  int // whose head was given, and is to be replaced
	order func(a, b *codec.Entry) int
}

func (m *merge) next() *codec.Entry {
	if m.last >= 0 {
		m.heads[m.last] = m.from[m.last].next()
	}
	m.last = 0
	if m.heads[0] == nil || m.heads[1] != nil && m.order(m.heads[1], m.heads[0]) < 0 {
		m.last = 1
	}
	return m.heads[m.last]
}

// A head is the first entry of a run, and the others.
type head struct {
	entry codec.Entry
	rest  packed
}

func (h *head) next() *codec.Entry {
	if len(h.rest) == 0 {
		return nil
	}
	h.entry = h.rest.take()
	return &h.entry
}

// Packed are entries one behind the other, in a third of the room that they
// take otherwise.
type packed []byte

const noTime = 1_000_000_000 // instead of nanoseconds

func (p *packed) add(e *codec.Entry) {
	b := append(*p, byte(e.Kind))
	b = binary.AppendUvarint(b, uint64(e.Mode+1))
	b = binary.AppendUvarint(b, uint64(e.Size+1))
	if e.Time.IsZero() {
		b = binary.AppendUvarint(b, noTime)
	} else {
		b = binary.AppendUvarint(b, uint64(e.Time.Nanosecond()))
		b = binary.AppendVarint(b, e.Time.Unix())
	}
	b = appendText(appendText(b, e.Name), e.Target)
	b = binary.AppendUvarint(b, uint64(len(e.More)))
	for _, pair := range e.More {
		b = appendText(appendText(b, pair.Key), pair.Value)
	}
	*p = b
}

func appendText(b []byte, text string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

// take returns the first entry, and takes it away.
func (p *packed) take() codec.Entry {
	e := codec.Entry{Kind: codec.Kind((*p)[0])}
	*p = (*p)[1:]
	e.Mode, e.Size = int(p.number())-1, int64(p.number())-1
	if nanoseconds := p.number(); nanoseconds != noTime {
		seconds, n := binary.Varint(*p)
		*p = (*p)[n:]
		e.Time = time.Unix(seconds, int64(nanoseconds))
	}
	e.Name, e.Target = p.text(), p.text()
	for range p.number() {
		e.More = append(e.More, codec.Pair{Key: p.text(), Value: p.text()})
	}
	return e
}

func (p *packed) number() uint64 {
	v, n := binary.Uvarint(*p)
	*p = (*p)[n:]
	return v
}

func (p *packed) text() string {
	n := p.number()
	text := string((*p)[:n])
	*p = (*p)[n:]
	return text
}

// byName does not care for case, unless nothing else differs.
func byName(a, b *codec.Entry) int {
	for i := range min(len(a.Name), len(b.Name)) {
		c, d := a.Name[i], b.Name[i]
		if c == d {
			continue
		}
		if c|d >= utf8.RuneSelf {
			return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.Name, b.Name))
		}
		if c, d = lower(c), lower(d); c != d {
			return int(c) - int(d)
		}
	}
	if order := len(a.Name) - len(b.Name); order != 0 {
		return order
	}
	return strings.Compare(a.Name, b.Name)
}

// lower is for ASCII.
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c |= 0x20
	}
	return c
}
