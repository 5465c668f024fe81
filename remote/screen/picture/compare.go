package picture

import (
	"encoding/binary"
	"image"
	"image/color"
)

// rgb is the mask of the colours in a pixel that is read as a little-endian number.
const rgb = 0xffffff

// Difference returns the smallest rectangle that contains all pixels in which a and b
// differ, or all of b if a and b differ in size or in byte order.
func Difference(a, b *Image) image.Rectangle {
	if a.Size != b.Size || a.BGR != b.BGR {
		return image.Rectangle{Max: b.Size}
	}
	var r image.Rectangle
	for y := range b.Size.Y {
		left, right := differ(a.line(y), b.line(y))
		if left < right {
			r = r.Union(image.Rect(left, y, right, y+1))
		}
	}
	return r
}

// differ returns the range of pixels in which two lines differ.
func differ(a, b []byte) (left, right int) {
	if string(a) == string(b) {
		return 0, 0
	}
	for right = len(b) / 4; right > 0 && alike(a, b, right-1); right-- {
	}
	for left < right && alike(a, b, left) {
		left++
	}
	return left, right
}

func alike(a, b []byte, x int) bool {
	return (binary.LittleEndian.Uint32(a[4*x:])^binary.LittleEndian.Uint32(b[4*x:]))&rgb == 0
}

// Uniform returns the colour that more than 99 % of the pixels have. ok is false if there
// is no such colour.
func (m *Image) Uniform() (c color.RGBA, ok bool) {
	var most uint32
	votes := map[uint32]int{}
	for i := range 64 { // a colour that 99 % of all pixels have is the most frequent one of these 64
		x, y := m.Size.X*(i%8*2+1)/16, m.Size.Y*(i/8*2+1)/16
		p := binary.LittleEndian.Uint32(m.Pix[y*m.Stride+4*x:]) & rgb
		if votes[p]++; votes[p] > votes[most] || i == 0 {
			most, c = p, m.at(x, y)
		}
	}
	others := (m.Size.X*m.Size.Y - 1) / 100 // the number of pixels that may have other colours
	for y := range m.Size.Y {
		line := m.line(y)
		for ; len(line) >= 4; line = line[4:] {
			if binary.LittleEndian.Uint32(line)&rgb != most {
				others--
			}
		}
		if others < 0 {
			return c, false
		}
	}
	return c, true
}
