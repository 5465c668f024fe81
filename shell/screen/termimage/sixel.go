package termimage

import (
	"bytes"
	"cmp"
	"fmt"
	"image"
	"slices"
	"strconv"
)

// maxSixelColors is the largest number of colours in a sixel picture.
const maxSixelColors = 256

// sixelPicture writes a picture as sixels. It first reduces the number of colours in the
// picture to the number in the parameter colors or fewer. It writes the picture in bands
// of six rows, and within a band, one colour after another.
func sixelPicture(b *bytes.Buffer, m *image.RGBA, colors int) {
	width, height := m.Rect.Dx(), m.Rect.Dy()
	palette, pixels := reduce(m, colors)
	fmt.Fprintf(b, "\x1bP0;1q\"1;1;%d;%d", width, height)
	for i, c := range palette {
		fmt.Fprintf(b, "#%d;2;%d;%d;%d", i, percent(c[0]), percent(c[1]), percent(c[2]))
	}
	rows := make([][]byte, len(palette)) // for each colour, the columns of the band; a column has one bit per row
	in := make([]bool, len(palette))     // for each colour, whether the band contains it
	for top := 0; top < height; top += 6 {
		for i, color := range pixels[top*width : min(top+6, height)*width] {
			switch {
			case rows[color] == nil:
				rows[color] = make([]byte, width)
			case !in[color]:
				clear(rows[color])
			}
			in[color] = true
			rows[color][i%width] |= 1 << (i / width)
		}
		for color, row := range rows {
			if in[color] {
				fmt.Fprintf(b, "#%d", color)
				writeRuns(b, row)
				b.WriteByte('$') // return to the start of the band
			}
		}
		clear(in)
		b.WriteByte('-')
	}
	b.WriteString("\x1b\\")
}

// writeRuns writes the columns of one colour with run-length encoding.
func writeRuns(b *bytes.Buffer, row []byte) {
	for len(row) > 0 {
		n := 1
		for n < len(row) && row[n] == row[0] {
			n++
		}
		if row[0] == 0 && n == len(row) {
			return // the rest of the row is empty
		}
		if n > 3 {
			b.WriteByte('!')
			b.Write(strconv.AppendInt(b.AvailableBuffer(), int64(n), 10))
			b.WriteByte('?' + row[0])
		} else {
			for range n {
				b.WriteByte('?' + row[0])
			}
		}
		row = row[n:]
	}
}

func percent(c byte) int { return (int(c)*100 + 127) / 255 }

// A shade is a colour with 5 bits per channel, together with the number and the sum of
// the pixels of that colour.
type shade struct {
	rgb [3]byte
	sum [3]int // the sum of the pixels per channel, at 8 bits
	n   int    // number of pixels
}

// reduce chooses colours for a picture by median cut. The parameter most is the largest
// number of colours. It returns the colours as palette, and for each pixel the index of
// its colour in palette.
func reduce(m *image.RGBA, most int) (palette [][3]byte, pixels []byte) {
	shades := make([]shade, 1<<15)
	indexOf := func(p []byte) int { return int(p[0]>>3)<<10 | int(p[1]>>3)<<5 | int(p[2]>>3) }
	for i := 0; i < len(m.Pix); i += 4 {
		p := m.Pix[i:]
		s := &shades[indexOf(p)]
		s.n++
		for c := range 3 {
			s.rgb[c] = p[c] >> 3
			s.sum[c] += int(p[c])
		}
	}
	used := slices.DeleteFunc(slices.Clone(shades), func(s shade) bool { return s.n == 0 })
	boxes := []box{newBox(used)}
	for len(boxes) < most {
		worst := 0
		for i, b := range boxes {
			if b.loss > boxes[worst].loss {
				worst = i
			}
		}
		if boxes[worst].loss == 0 {
			break
		}
		one, other := boxes[worst].halves()
		boxes[worst] = one
		boxes = append(boxes, other)
	}
	indexes := make([]byte, len(shades))
	for i, b := range boxes {
		palette = append(palette, b.mean())
		for _, s := range b.shades {
			indexes[int(s.rgb[0])<<10|int(s.rgb[1])<<5|int(s.rgb[2])] = byte(i)
		}
	}
	pixels = make([]byte, 0, len(m.Pix)/4)
	for i := 0; i < len(m.Pix); i += 4 {
		pixels = append(pixels, indexes[indexOf(m.Pix[i:])])
	}
	return palette, pixels
}

// A box is a set of shades that may be merged into one colour.
type box struct {
	shades  []shade
	pixels  int
	channel int // the channel with the largest range
	loss    int // the range of that channel, multiplied by the number of pixels
}

func newBox(shades []shade) box {
	b := box{shades: shades}
	for _, s := range shades {
		b.pixels += s.n
	}
	for c := range 3 {
		low, high := shades[0].rgb[c], shades[0].rgb[c]
		for _, s := range shades {
			low, high = min(low, s.rgb[c]), max(high, s.rgb[c])
		}
		if loss := int(high-low) * b.pixels; loss > b.loss {
			b.channel, b.loss = c, loss
		}
	}
	return b
}

// halves splits a box into two with about the same number of pixels.
func (b box) halves() (one, other box) {
	slices.SortFunc(b.shades, func(x, y shade) int { return cmp.Compare(x.rgb[b.channel], y.rgb[b.channel]) })
	cut, n := 1, b.shades[0].n
	for cut < len(b.shades)-1 && n+b.shades[cut].n <= b.pixels/2 {
		n += b.shades[cut].n
		cut++
	}
	return newBox(b.shades[:cut]), newBox(b.shades[cut:])
}

func (b box) mean() (rgb [3]byte) {
	var sum [3]int
	for _, s := range b.shades {
		for c := range 3 {
			sum[c] += s.sum[c]
		}
	}
	for c := range 3 {
		rgb[c] = byte(sum[c] / b.pixels)
	}
	return rgb
}
