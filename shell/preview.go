package shell

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

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"
)

// A preview draws pictures in a terminal, below the line that was printed
// last.
type preview struct {
	graphics
	out    io.Writer
	screen image.Point // in characters
}

// around is how many rows of the screen are not for a picture: the line that
// was typed, the file's name, the next prompt.
const around = 3

// maxDrawn is how many pixels a picture may have that is decoded to be drawn:
// they take 64 MiB.
const maxDrawn = 16 << 20

// preview asks the terminal what it can draw, and how large.
func (s *Shell) preview(ctx context.Context) (*preview, error) {
	s.freshLine()
	g, err := s.graphics(ctx)
	if err != nil {
		return nil, err
	}
	columns, rows, err := term.GetSize(int(s.Out.Fd()))
	if err != nil || columns < 1 || rows < 1 {
		columns, rows = 80, 24
	}
	return &preview{g, s.Out, image.Pt(columns, rows)}, nil
}

// draw draws a picture, smaller where there is no room for all of it.
func (v *preview) draw(ctx context.Context, picture image.Image) error {
	cell := v.pixels()
	rows := max(1, v.screen.Y-around)
	room := image.Pt(v.screen.X*cell.X, rows*cell.Y)
	if v.means == sixel && v.largest.X > 0 { // what is larger may be left out whole
		room.X, room.Y = min(room.X, v.largest.X), max(1, min(room.Y, v.largest.Y*rows/v.screen.Y))
	}
	m := shrunk(picture, room)
	var b bytes.Buffer
	var err error
	switch v.means {
	case kitty:
		err = kittyPicture(&b, m)
	case iterm2:
		err = itermPicture(&b, m, (m.Rect.Dx()+cell.X-1)/cell.X)
	case sixel:
		sixels(&b, m, v.colors)
		b.WriteByte('\n')
	default:
		blocks(&b, m, v.trueColor)
	}
	if err != nil {
		return err
	}
	return v.write(ctx, b.Bytes())
}

// pixels is the size of a character in pixels, a usual one where the terminal
// does not say.
func (v *preview) pixels() image.Point {
	switch {
	case v.means == halfBlocks:
		return image.Pt(1, 2)
	case v.cell.In(image.Rect(2, 2, 256, 256)):
		return v.cell
	}
	return image.Pt(10, 20)
}

// write writes what draws a picture. A terminal may be slow, and Ctrl-C is not
// to wait for it: what has been begun is then ended.
func (v *preview) write(ctx context.Context, b []byte) error {
	for len(b) > 0 {
		if ctx.Err() != nil {
			end := "\x1b\\\x1b[0m\n"
			if v.means == kitty { // which waits for the rest until it is told to delete something
				end = "\x1b\\\x1b_Ga=d,d=i,i=31;\x1b\\\n"
			}
			_, _ = io.WriteString(v.out, end)
			return context.Cause(ctx)
		}
		n, err := v.out.Write(b[:min(len(b), screenPiece)])
		if err != nil {
			return aboutStream("standard output", err)
		}
		b = b[n:]
	}
	return nil
}

// shrunk is a picture that has room there, without transparency: each of its
// pixels the mean of those that it stands for.
func shrunk(picture image.Image, room image.Point) *image.RGBA {
	from := picture.Bounds()
	k := min(1, float64(room.X)/float64(from.Dx()), float64(room.Y)/float64(from.Dy()))
	size := image.Pt(max(1, int(float64(from.Dx())*k+0.5)), max(1, int(float64(from.Dy())*k+0.5)))
	small := image.NewRGBA(image.Rectangle{Max: size})
	strip := image.NewRGBA(image.Rect(0, 0, from.Dx(), (from.Dy()+size.Y-1)/size.Y)) // of the rows that become one
	for y := range size.Y {
		top, bottom := from.Dy()*y/size.Y, from.Dy()*(y+1)/size.Y
		draw.Draw(strip, strip.Rect, picture, from.Min.Add(image.Pt(0, top)), draw.Src)
		for x := range size.X {
			small.SetRGBA(x, y, mean(strip, image.Rect(from.Dx()*x/size.X, 0, from.Dx()*(x+1)/size.X, bottom-top)))
		}
	}
	return small
}

// mean is the mean colour of a part of a picture.
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

// blocks draws two pixels in each character, one above the other.
func blocks(b *bytes.Buffer, m *image.RGBA, trueColor bool) {
	of := func(layer int, c color.RGBA) string {
		if trueColor {
			return fmt.Sprintf("%d;2;%d;%d;%d", layer, c.R, c.G, c.B)
		}
		return fmt.Sprintf("%d;5;%d", layer, ansi.Convert256(c))
	}
	for y := 0; y < m.Rect.Dy(); y += 2 {
		before := ""
		for x := range m.Rect.Dx() {
			colors := of(38, m.RGBAAt(x, y))
			if y+1 < m.Rect.Dy() {
				colors += ";" + of(48, m.RGBAAt(x, y+1))
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

// kittyPicture draws with the graphics protocol of kitty, in pieces of the
// size that it prescribes, and wants no answer.
func kittyPicture(b *bytes.Buffer, m image.Image) error {
	text, _, err := encoded(m)
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

// itermPicture draws with the inline images of iTerm2, so many characters
// wide.
func itermPicture(b *bytes.Buffer, m image.Image, columns int) error {
	text, size, err := encoded(m)
	fmt.Fprintf(b, "\x1b]1337;File=inline=1;size=%d;width=%d:%s\x07\n", size, columns, text)
	return err
}

// encoded is a picture as PNG in base64, and how many bytes the PNG has.
func encoded(m image.Image) (text string, size int, err error) {
	var b bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestSpeed}
	err = encoder.Encode(&b, m)
	return base64.StdEncoding.EncodeToString(b.Bytes()), b.Len(), err
}
