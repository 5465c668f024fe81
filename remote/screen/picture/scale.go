package picture

import "image"

// Scaled returns a size multiplied by factor.
func Scaled(size image.Point, factor float64) image.Point {
	scale := func(n int) int { return max(1, int(float64(n)*factor+0.5)) }
	return image.Pt(scale(size.X), scale(size.Y))
}

// Scale returns m reduced to size, which must not be larger in either direction. Each
// pixel is the mean of the pixels that it replaces.
func (m *Image) Scale(size image.Point) *Image {
	out := New(size)
	out.BGR = m.BGR
	spread(size.Y, func(from, to int) {
		for y := from; y < to; y++ {
			top, bottom := span(y, size.Y, m.Size.Y)
			line := out.line(y)
			for x := range size.X {
				left, right := span(x, size.X, m.Size.X)
				m.mean(line[4*x:4*x+4], image.Rect(left, top, right, bottom))
			}
		}
	})
	return out
}

// span returns the range of old pixels that the new pixel i replaces. n is the number of
// new pixels, and the parameter many is the number of old pixels.
func span(i, n, many int) (from, to int) { return i * many / n, (i + 1) * many / n }

// mean writes the mean colour of r to pixel.
func (m *Image) mean(pixel []byte, r image.Rectangle) {
	var sum [3]int
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for line := m.line(y)[4*r.Min.X : 4*r.Max.X]; len(line) >= 4; line = line[4:] {
			sum[0] += int(line[0])
			sum[1] += int(line[1])
			sum[2] += int(line[2])
		}
	}
	n := r.Dx() * r.Dy()
	for i, s := range sum {
		pixel[i] = byte((s + n/2) / n)
	}
}
