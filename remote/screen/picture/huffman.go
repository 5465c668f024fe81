package picture

import (
	"cmp"
	"math/bits"
	"slices"
)

const maxBits = 15 // the largest number of bits that a symbol may have

// A code is a prefix code. It has the bits of each symbol, with the first bit lowest, and
// the number of these bits, which is 0 if the symbol does not occur.
type code struct {
	bits []uint16
	size []uint8
	used []symbol // scratch
}

type symbol struct{ id, n int }

func newCode(symbols int) code {
	return code{bits: make([]uint16, symbols), size: make([]uint8, symbols)}
}

// fit makes c a nearly optimal code. occur has the frequencies of the symbols, and
// longest is the largest number of bits that a symbol may have.
func (c *code) fit(occur []uint32, longest int) {
	clear(c.size)
	c.used = c.used[:0]
	for id, n := range occur {
		if n > 0 {
			c.used = append(c.used, symbol{id, int(n)})
		}
	}
	for id := 0; len(c.used) < 2; id++ { // a code needs two symbols
		if occur[id] == 0 {
			c.used = append(c.used, symbol{id, 1})
		}
	}
	slices.SortFunc(c.used, func(a, b symbol) int { return cmp.Or(a.n-b.n, a.id-b.id) })
	depths(c.used)
	shorten(c.used, longest)
	for _, s := range c.used {
		c.size[s.id] = uint8(s.n)
	}
	c.assign()
}

// depths replaces the frequency of each symbol by its depth in a Huffman tree (Moffat and
// Katajainen, In-place calculation of minimum-redundancy codes, 1995). The list must be
// sorted by frequency, the rarest symbol first.
func depths(list []symbol) {
	n := len(list)
	leaf, root := 0, 0
	least := func(next int) int {
		if leaf >= n || root < next && list[root].n < list[leaf].n {
			w := list[root].n
			list[root].n = next
			root++
			return w
		}
		leaf++
		return list[leaf-1].n
	}
	for next := range n - 1 {
		w := least(next)
		list[next].n = w + least(next)
	}
	list[n-2].n = 0
	for i := n - 3; i >= 0; i-- {
		list[i].n = list[list[i].n].n + 1
	}
	inner, at := n-2, n-1
	for depth, free := 0, 1; free > 0; depth++ {
		used := 0
		for ; inner >= 0 && list[inner].n == depth; inner-- {
			used++
		}
		for ; free > used; free-- {
			list[at].n = depth
			at--
		}
		free = 2 * used
	}
}

// shorten reduces the depths that are larger than longest, and increases others so that a
// tree with the new depths exists. The list must be sorted by depth, the largest first.
func shorten(list []symbol, longest int) {
	if list[0].n <= longest {
		return
	}
	room := 1 << longest
	for i := range list {
		list[i].n = min(list[i].n, longest)
		room -= 1 << (longest - list[i].n)
	}
	for i := 0; room < 0; i++ { // rare symbols become longer
		for list[i].n < longest && room < 0 {
			list[i].n++
			room += 1 << (longest - list[i].n)
		}
	}
	for i := len(list) - 1; i >= 0 && room > 0; i-- { // frequent symbols become shorter again
		for gain := 1 << (longest - list[i].n); gain <= room; gain *= 2 {
			list[i].n--
			room -= gain
		}
	}
}

// assign gives each symbol its bits (RFC 1951, section 3.2.2).
func (c *code) assign() {
	var count, next [maxBits + 1]int
	for _, size := range c.size {
		count[size]++
	}
	count[0] = 0
	for size := 1; size <= maxBits; size++ {
		next[size] = (next[size-1] + count[size-1]) << 1
	}
	for id, size := range c.size {
		if size > 0 {
			c.bits[id] = bits.Reverse16(uint16(next[size])) >> (16 - size)
			next[size]++
		}
	}
}
