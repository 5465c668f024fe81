package picture

// A sum is the contribution of a sequence of bytes to an Adler-32 (RFC 1950). One half of
// an Adler-32 is the sum of the bytes, and the other is the sum of the values that the
// first half had after each byte. A sum does not depend on the position of the bytes, so
// parts are summed independently, and the sum of a repeated line is computed once.
type sum struct{ n, a, b uint64 }

const modAdler = 65521

// sumOf returns the sum of a line: the byte of its filter, and three bytes for each
// pixel.
func sumOf(filter byte, line []uint32) sum {
	a := uint64(filter)
	b := a
	for _, p := range line {
		red, green, blue := uint64(p&0xff), uint64(p>>8&0xff), uint64(p>>16)
		b += 3*a + 3*red + 2*green + blue
		a += red + green + blue
	}
	return sum{uint64(1 + 3*len(line)), a % modAdler, b % modAdler}
}

// append adds the sum of the bytes that follow.
func (s *sum) append(next sum) {
	s.b = (s.b + s.a*next.n + next.b) % modAdler
	s.a = (s.a + next.a) % modAdler
	s.n += next.n
}

// adler32 returns the Adler-32 of all bytes; its initial value is 1.
func (s sum) adler32() uint32 {
	whole := sum{a: 1}
	whole.append(s)
	return uint32(whole.b<<16 | whole.a)
}
