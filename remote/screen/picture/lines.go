package picture

import (
	"encoding/binary"
	"math/bits"
)

// The filters of PNG that this package uses: none, and the difference from the pixel
// before.
const (
	filterNone = 0
	filterSub  = 1
)

// A strip compresses consecutive lines of a picture. It can be reused.
type strip struct {
	m      *Image
	pixels []uint32 // the filtered pixels of the lines so far, with red in the lowest byte
	width  int
	block  *block
	seen   [1 << hashBits]uint32 // for each hash, the last position of two adjacent pixels with this hash, plus 1
	sum    sum
	chunk  []byte // the result, as a chunk of the PNG file

	panicked error // the panic that has prevented the result
}

const hashBits = 12

func newStrip() *strip { return &strip{block: newBlock()} }

// compress encodes lines of m as a chunk.
func (s *strip) compress(m *Image, from, to int, last bool) {
	s.m, s.width = m, m.Size.X
	if need := s.width * (to - from); cap(s.pixels) < need {
		s.pixels = make([]uint32, need)
	}
	s.block.reset()
	clear(s.seen[:])
	s.sum = sum{}
	var filter byte
	var line sum
	for y := from; y < to; y++ {
		at := (y - from) * s.width
		cur := s.pixels[at : at+s.width]
		if y > from && string(m.line(y)) == string(m.line(y-1)) {
			copy(cur, s.pixels[at-s.width:at])
			s.block.line(filter)
			s.again(at)
			s.sum.append(line)
			continue
		}
		filter = s.choose(y)
		if filter == filterSub {
			m.sub(cur, y)
		} else {
			m.none(cur, y)
		}
		var above []uint32
		if y > from && s.stride() <= window {
			above = s.pixels[at-s.width : at]
		}
		s.block.line(filter)
		s.tokens(at, above, filter == filterNone)
		line = sumOf(filter, cur)
		s.sum.append(line)
	}
	s.chunk = sealChunk(s.block.write(append(s.chunk[:0], "\x00\x00\x00\x00IDAT"...), last))
}

// choose returns the filter for a line. In photographs, neighbouring pixels differ a
// little. In pictures that programs have drawn, neighbouring pixels are equal or differ a
// lot.
func (s *strip) choose(y int) byte {
	const samples = 64
	line, alike := s.m.line(y), 0
	for i := range samples {
		x := 1 + i*(s.width-2)/samples
		if x < 1 || x >= s.width {
			return filterNone
		}
		if (binary.LittleEndian.Uint32(line[4*x:])^binary.LittleEndian.Uint32(line[4*x-4:]))&rgb == 0 {
			alike++
		}
	}
	if alike < samples/4 {
		return filterSub
	}
	return filterNone
}

// again encodes the line that begins at s.pixels[at], which equals the line before it. If
// the line before it is within the window, again encodes a copy of that line.
func (s *strip) again(at int) {
	if s.stride() > window {
		s.tokens(at, nil, false)
		return
	}
	s.block.copy(s.width, s.stride())
}

// stride returns the number of bytes in a line, including the byte for its filter.
func (s *strip) stride() int { return 1 + 3*s.width }

// tokens encodes the line that begins at s.pixels[at]. It looks for pixels that repeat
// the pixel before or the pixels above. If search is true, it also looks for pixels that
// repeat any earlier pixels.
func (s *strip) tokens(at int, above []uint32, search bool) {
	line := s.pixels[at : at+s.width]
	for x := 0; x < len(line); {
		p, same, over := line[x], 0, 0
		if x > 0 && p == line[x-1] {
			same = alikes(line[x:], line[x-1:])
		}
		if x < len(above) && p == above[x] {
			over = alikes(line[x:], above[x:])
		}
		switch {
		case same > 0 && same >= over:
			s.block.copy(same, 3)
			x += same
			continue
		case over > 1:
			s.block.copy(over, s.stride())
			x += over
			continue
		case search && x+1 < len(line):
			if n, distance := s.find(at, x); n > 0 {
				s.block.copy(n, distance)
				x += n
				continue
			}
		}
		s.block.pixel(p)
		x++
	}
}

// find looks for an earlier place with the same two pixels as those at column x of the
// line that begins at s.pixels[at]. It finds only the last such place. n is the number of
// equal pixels, including these two, or 0 if there is no such place. distance is the
// number of bytes back to the place.
func (s *strip) find(at, x int) (n, distance int) {
	here := at + x
	p, next := s.pixels[here], s.pixels[here+1]
	hash := (p*0x9e3779b1 ^ next*0x85ebca6b) >> (32 - hashBits)
	before := int(s.seen[hash]) - 1
	s.seen[hash] = uint32(here + 1)
	if before < 0 || s.pixels[before] != p || s.pixels[before+1] != next {
		return 0, 0
	}
	line := before / s.width
	distance = 3*(here-before) + at/s.width - line
	end := min(at+s.width, here+(line+1)*s.width-before) // a match must not cross the end of either line
	if distance > window || end < here+2 {
		return 0, 0
	}
	return alikes(s.pixels[here:end], s.pixels[before:]), distance
}

// alikes returns the number of equal pixels at the beginning of a and b. b must not be
// shorter than a.
func alikes(a, b []uint32) int {
	b = b[:len(a)]
	for i, p := range a {
		if p != b[i] {
			return i
		}
	}
	return len(a)
}

// none writes line y to out without filtering it.
func (m *Image) none(out []uint32, y int) {
	line := m.line(y)
	if m.BGR {
		for x := range out {
			out[x] = bits.ReverseBytes32(binary.LittleEndian.Uint32(line)) >> 8
			line = line[4:]
		}
		return
	}
	for x := range out {
		out[x] = binary.LittleEndian.Uint32(line) & rgb
		line = line[4:]
	}
}

// sub writes line y to out with the filter sub: each pixel minus the pixel before.
func (m *Image) sub(out []uint32, y int) {
	m.none(out, y)
	before := uint32(0)
	for x, p := range out {
		const high = 0x808080
		out[x] = ((p | high) - (before &^ high)) ^ ((p ^ ^before) & high)
		before = p
	}
}
