package picture

import (
	"encoding/binary"
	"math/bits"
)

// Constants of deflate (RFC 1951).
const (
	window     = 32 << 10 // largest distance of a match in bytes
	maxMatch   = 258      // largest length of a match in bytes
	endOfBlock = 256
	literals   = 286
	distances  = 30
	lengths    = 19 // number of symbols of the code that encodes the other two codes
)

// A token is a unit of compression: the three bytes of a pixel, the byte that begins a
// line, or a match.
type token uint32

const (
	isByte  token = 1 << 30
	isMatch token = 1 << 31
)

func match(length, distance int) token {
	return isMatch | token(length-3)<<16 | token(distance-1)
}

// A block collects tokens and writes them as a block in the format of deflate.
type block struct {
	tokens []token
	// The frequencies of the symbols. Each of the three bytes of a pixel has a table of
	// its own, so that the bytes can be counted independently.
	occur [3][literals]uint32
	far   [distances]uint32

	literal, distance, length code
	sizes                     []uint8

	out  []byte
	acc  uint64 // the bits that were not moved to out yet
	bits uint
}

func newBlock() *block {
	return &block{literal: newCode(literals), distance: newCode(distances), length: newCode(lengths)}
}

func (b *block) reset() {
	b.tokens = b.tokens[:0]
	b.occur = [3][literals]uint32{}
	b.far = [distances]uint32{}
}

// line begins a line with the byte of its filter.
func (b *block) line(filter byte) {
	b.tokens = append(b.tokens, isByte|token(filter))
	b.occur[0][filter]++
}

func (b *block) pixel(p uint32) {
	b.tokens = append(b.tokens, token(p))
	b.occur[0][p&0xff]++
	b.occur[1][p>>8&0xff]++
	b.occur[2][p>>16&0xff]++
}

// copy adds a match. pixels is its length in pixels, and distance is the number of bytes
// back to the equal pixels.
func (b *block) copy(pixels, distance int) {
	symbol, _, _ := distanceSymbol(distance - 1)
	for left := 3 * pixels; left > 0; left -= maxMatch {
		n := min(left, maxMatch)
		b.tokens = append(b.tokens, match(n, distance))
		s, _, _ := lengthSymbol(n - 3)
		b.occur[0][s]++
		b.far[symbol]++
	}
}

// lengthSymbol returns the symbol for a match of n+3 bytes, its extra bits, and their
// number.
func lengthSymbol(n int) (symbol int, extra uint64, size uint) {
	if n == maxMatch-3 {
		return 285, 0, 0
	}
	size = uint(max(bits.Len(uint(n)), 3) - 3)
	return 257 + 4*int(size) + n>>size, uint64(n) & (1<<size - 1), size
}

// distanceSymbol returns the symbol for a match at a distance of n+1 bytes, its extra
// bits, and their number.
func distanceSymbol(n int) (symbol int, extra uint64, size uint) {
	size = uint(max(bits.Len(uint(n)), 2) - 2)
	return 2*int(size) + n>>size, uint64(n) & (1<<size - 1), size
}

// put adds the low bits of v, beginning with the lowest. size is the number of these
// bits, at most 48. The other bits of v must be 0.
func (b *block) put(v uint64, size uint) {
	b.acc |= v << b.bits
	b.bits += size
	b.flush()
}

// flush moves whole bytes to out, which must have room.
func (b *block) flush() {
	n := len(b.out)
	binary.LittleEndian.PutUint64(b.out[n:n+8], b.acc)
	b.out = b.out[:n+int(b.bits>>3)]
	b.acc >>= b.bits &^ 7
	b.bits &= 7
}

// write appends the block to dst and ends it at a whole byte. The last block ends the
// stream.
func (b *block) write(dst []byte, last bool) []byte {
	for i, n := range b.occur[1] {
		b.occur[0][i] += n + b.occur[2][i]
	}
	b.occur[0][endOfBlock]++
	b.literal.fit(b.occur[0][:], maxBits)
	b.distance.fit(b.far[:], maxBits)
	const largest = 8 // largest size of a token in bytes
	room := len(dst) + largest*len(b.tokens) + 1<<10
	if cap(dst) < room {
		dst = append(make([]byte, 0, room), dst...)
	}
	b.out, b.acc, b.bits = dst, 0, 0
	const dynamic = 2
	final := uint64(0)
	if last {
		final = 1
	}
	b.put(final|dynamic<<1, 3)
	b.codes()
	b.body()
	b.put(uint64(b.literal.bits[endOfBlock]), uint(b.literal.size[endOfBlock]))
	if !last {
		b.put(0, 3) // begins an empty stored block, whose next field begins at a whole byte
	}
	b.put(0, -b.bits&7)
	if !last {
		b.put(0xffff0000, 32)
	}
	return b.out
}

// body writes the tokens.
func (b *block) body() {
	lit, size := b.literal.bits, b.literal.size
	for _, t := range b.tokens {
		switch {
		case t&isMatch != 0:
			s, extra, n := lengthSymbol(int(t >> 16 & 0xff))
			v := uint64(lit[s]) | extra<<size[s]
			n += uint(size[s])
			d, extra, more := distanceSymbol(int(t & 0x7fff))
			v |= uint64(b.distance.bits[d])<<n | extra<<(n+uint(b.distance.size[d]))
			b.put(v, n+uint(b.distance.size[d])+more)
		case t&isByte != 0:
			b.put(uint64(lit[t&0xff]), uint(size[t&0xff]))
		default:
			x, y, z := t&0xff, t>>8&0xff, t>>16&0xff
			n := uint(size[x])
			v := uint64(lit[x]) | uint64(lit[y])<<n
			n += uint(size[y])
			b.put(v|uint64(lit[z])<<n, n+uint(size[z]))
		}
	}
}

// lengthOrder returns the order in which the sizes of the code that encodes the other two
// codes are written.
func lengthOrder() [lengths]int {
	return [lengths]int{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}
}

// codes writes the two codes, encoded with a third (RFC 1951, section 3.2.7).
func (b *block) codes() {
	b.sizes = append(append(b.sizes[:0], b.literal.size...), b.distance.size...)
	var runs []run
	var occur [lengths]uint32
	for rest := b.sizes; len(rest) > 0; {
		r := firstRun(rest)
		rest = rest[r.n:]
		runs = append(runs, r)
		occur[r.symbol]++
	}
	const longest = 7
	b.length.fit(occur[:], longest)
	b.put(uint64(literals-257)|uint64(distances-1)<<5|uint64(lengths-4)<<10, 14)
	for _, i := range lengthOrder() {
		b.put(uint64(b.length.size[i]), 3)
	}
	for _, r := range runs {
		n := uint(b.length.size[r.symbol])
		b.put(uint64(b.length.bits[r.symbol])|r.extra<<n, n+r.size)
	}
}

// A run is a sequence of equal sizes that is written as one symbol.
type run struct {
	n      int // how many sizes
	symbol int
	extra  uint64
	size   uint
}

// firstRun returns the run at the beginning of sizes.
func firstRun(sizes []uint8) run {
	n := 0
	for n < len(sizes) && sizes[n] == 0 && n < 138 {
		n++
	}
	switch {
	case n > 10:
		return run{n, 18, uint64(n - 11), 7}
	case n > 2:
		return run{n, 17, uint64(n - 3), 3}
	}
	return run{1, int(sizes[0]), 0, 0}
}
