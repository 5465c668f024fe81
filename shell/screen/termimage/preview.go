package termimage

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
)

// A Preview draws pictures in a terminal, below the last printed line.
type Preview struct {
	Graphics Graphics
	Out      io.Writer
	Screen   image.Point // the size of the window, in characters
	// Nearest returns the index of a color in the palette of a terminal that supports
	// only 256 colors.
	Nearest func(color.Color) uint8
}

const (
	// reservedRows is how many rows of the window remain free: for the typed line,
	// the name of the file, and the next prompt.
	reservedRows = 3

	// MaxDrawn is the largest number of pixels in a picture that is decoded and drawn.
	// Such a picture takes 64 MiB.
	MaxDrawn = 16 << 20

	// writeSize is how many bytes are written between two checks for Ctrl-C.
	writeSize = 4 << 10
)

// Draw draws a picture, shrunk to fit into the window.
func (v *Preview) Draw(ctx context.Context, picture image.Image) error {
	cell := v.cell()
	rows := max(1, v.Screen.Y-reservedRows)
	room := image.Pt(v.Screen.X*cell.X, rows*cell.Y)
	// Some terminals do not show a picture that is larger than LargestSixel.
	if most := v.Graphics.LargestSixel; v.Graphics.Protocol == Sixel && most.X > 0 {
		room.X, room.Y = min(room.X, most.X), max(1, min(room.Y, most.Y*rows/v.Screen.Y))
	}
	m := shrink(picture, room)
	var b bytes.Buffer
	var err error
	switch v.Graphics.Protocol {
	case Kitty:
		err = kittyPicture(&b, m)
	case ITerm2:
		err = itermPicture(&b, m, (m.Rect.Dx()+cell.X-1)/cell.X)
	case Sixel:
		sixelPicture(&b, m, v.Graphics.SixelColors)
		b.WriteByte('\n')
	default:
		blockPicture(&b, m, v.Graphics.TrueColor, v.Nearest)
	}
	if err != nil {
		return err
	}
	return v.write(ctx, b.Bytes())
}

// cell returns the size of a character in pixels, or a typical size if it is unknown.
func (v *Preview) cell() image.Point {
	switch {
	case v.Graphics.Protocol == HalfBlocks:
		return image.Pt(1, 2)
	case v.Graphics.Cell.In(image.Rect(2, 2, 256, 256)):
		return v.Graphics.Cell
	}
	return image.Pt(10, 20)
}

// write writes the sequences that draw a picture. A terminal may be slow, so when ctx is
// done, write skips the rest and only closes the current sequence.
func (v *Preview) write(ctx context.Context, b []byte) error {
	for len(b) > 0 {
		if ctx.Err() != nil {
			end := "\x1b\\\x1b[0m\n"
			if v.Graphics.Protocol == Kitty { // kitty waits for the rest unless the picture is deleted
				end = "\x1b\\\x1b_Ga=d,d=i,i=31;\x1b\\\n"
			}
			_, _ = io.WriteString(v.Out, end)
			return context.Cause(ctx)
		}
		n, err := v.Out.Write(b[:min(len(b), writeSize)])
		if err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}

// shrink returns an opaque picture that fits into room. Each pixel is the mean of the
// pixels that it replaces.
func shrink(picture image.Image, room image.Point) *image.RGBA {
	from := picture.Bounds()
	k := min(1, float64(room.X)/float64(from.Dx()), float64(room.Y)/float64(from.Dy()))
	scaled := func(n int) int { return max(1, int(float64(n)*k+0.5)) }
	size := image.Pt(scaled(from.Dx()), scaled(from.Dy()))
	small := image.NewRGBA(image.Rectangle{Max: size})
	// strip holds the rows of the original picture that become one row of the small
	// picture.
	strip := image.NewRGBA(image.Rect(0, 0, from.Dx(), (from.Dy()+size.Y-1)/size.Y))
	for y := range size.Y {
		top, bottom := from.Dy()*y/size.Y, from.Dy()*(y+1)/size.Y
		draw.Draw(strip, strip.Rect, picture, from.Min.Add(image.Pt(0, top)), draw.Src)
		for x := range size.X {
			part := image.Rect(from.Dx()*x/size.X, 0, from.Dx()*(x+1)/size.X, bottom-top)
			small.SetRGBA(x, y, mean(strip, part))
		}
	}
	return small
}

// mean returns the mean colour of a part of a picture.
func mean(m *image.RGBA, part image.Rectangle) color.RGBA {
	var r, g, b int
	for y := part.Min.Y; y < part.Max.Y; y++ {
		row := m.Pix[m.PixOffset(part.Min.X, y):m.PixOffset(part.Max.X, y)]
		for ; len(row) > 0; row = row[4:] {
			r, g, b = r+int(row[0]), g+int(row[1]), b+int(row[2])
		}
	}
	n := part.Dx() * part.Dy()
	return color.RGBA{byte(r / n), byte(g / n), byte(b / n), 255}
}

// blockPicture draws two pixels per character, one above the other.
func blockPicture(b *bytes.Buffer, m *image.RGBA, trueColor bool, nearest func(color.Color) uint8) {
	sgr := func(layer int, c color.RGBA) string {
		if trueColor {
			return fmt.Sprintf("%d;2;%d;%d;%d", layer, c.R, c.G, c.B)
		}
		return fmt.Sprintf("%d;5;%d", layer, nearest(c))
	}
	for y := 0; y < m.Rect.Dy(); y += 2 {
		before := ""
		for x := range m.Rect.Dx() {
			colors := sgr(38, m.RGBAAt(x, y))
			if y+1 < m.Rect.Dy() {
				colors += ";" + sgr(48, m.RGBAAt(x, y+1))
			}
			if colors != before {
				b.WriteString("\x1b[" + colors + "m")
				before = colors
			}
			b.WriteString("▀")
		}
		b.WriteString("\x1b[0m\n")
	}
}

// kittyPicture draws with the graphics protocol of kitty, in chunks of the prescribed
// size, and asks for no answer.
func kittyPicture(b *bytes.Buffer, m image.Image) error {
	text, _, err := encodePNG(m)
	first := "a=T,f=100,q=2,"
	for len(text) > 0 {
		n, more := min(len(text), 4096), 1
		if n == len(text) {
			more = 0
		}
		fmt.Fprintf(b, "\x1b_G%sm=%d;%s\x1b\\", first, more, text[:n])
		text, first = text[n:], ""
	}
	b.WriteByte('\n')
	return err
}

// itermPicture draws with the inline images protocol of iTerm2. columns is the width of
// the picture in characters.
func itermPicture(b *bytes.Buffer, m image.Image, columns int) error {
	text, size, err := encodePNG(m)
	fmt.Fprintf(b, "\x1b]1337;File=inline=1;size=%d;width=%d:%s\x07\n", size, columns, text)
	return err
}

// encodePNG returns a picture as base64-encoded PNG, and the size of the PNG in
// bytes.
func encodePNG(m image.Image) (text string, size int, err error) {
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	err = encoder.Encode(&b, m)
	return base64.StdEncoding.EncodeToString(b.Bytes()), b.Len(), err
}
