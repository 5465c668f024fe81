package picture

// A sum is what so many bytes add to an Adler-32 (RFC 1950) that is zero. Both
// halves of that are plain sums, of the bytes and of the first half: what a
// part adds does not depend on where it is, so parts are summed by themselves,
// and a line that repeats costs nothing.
type sum struct{ n, a, b uint64 }

const modAdler = 65521

// sumOf returns that of a line: the byte of its filter, and three a pixel.
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

// append adds what follows.
func (s *sum) append(next sum) {
	s.b = (s.b + s.a*next.n + next.b) % modAdler
	s.a = (s.a + next.a) % modAdler
	s.n += next.n
}

// adler32 returns the Adler-32 of all of it, which begins with 1.
func (s sum) adler32() uint32 {
	whole := sum{a: 1}
	whole.append(s)
	return uint32(whole.b<<16 | whole.a)
}
