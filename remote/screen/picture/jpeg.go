package picture

import (
	"image"
	"image/jpeg"
	"io"
)

// MaxJPEG is the largest width and height of a JPEG.
const MaxJPEG = 1<<16 - 1

// JPEG writes m as a JPEG file, with a quality from 1 to 100.
func JPEG(w io.Writer, m *Image, quality int) error {
	return jpeg.Encode(w, m.rgba(), &jpeg.Options{Quality: quality})
}

// rgba returns a copy of m for the standard library.
func (m *Image) rgba() *image.RGBA {
	out := image.NewRGBA(image.Rectangle{Max: m.Size})
	red, blue := 0, 2
	if m.BGR {
		red, blue = 2, 0
	}
	spread(m.Size.Y, func(from, to int) {
		for y := from; y < to; y++ {
			in, out := m.line(y), out.Pix[y*out.Stride:]
			for ; len(in) >= 4; in, out = in[4:], out[4:] {
				out[0], out[1], out[2], out[3] = in[red], in[1], in[blue], 255
			}
		}
	})
	return out
}
