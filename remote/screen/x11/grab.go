package x11

import (
	"context"
	"encoding/binary"
	"errors"
	"image"
	"io"
	"math/bits"
	"net"

	"techsh/remote/screen/picture"
)

const (
	zPixmap   = 2
	allPlanes = 1<<32 - 1
)

// ErrMoved is the error for a region that is not, or is no longer, on the screen.
var ErrMoved = errors.New("the screen is not that large any more")

// A format describes the layout of pixels in memory.
type format struct {
	// Sizes in bits: depth is the size of the colours of a pixel, bits is the size of a
	// pixel in memory, and pad is the unit to which a line is padded.
	depth, bits, pad int
	class            int // the class of the visual
	masks            [3]uint32
	bigEndian        bool
}

// stride returns the number of bytes in a line.
func (f format) stride(width int) int { return (width*f.bits + f.pad - 1) / f.pad * f.pad / 8 }

// order reports whether blue is the first byte of a pixel. ok is false unless a pixel has
// four bytes, three of which are colours in an order that a picture can have.
func (f format) order() (bgr, ok bool) {
	bgr = f.masks == [3]uint32{0xff0000, 0xff00, 0xff}
	rgb := f.masks == [3]uint32{0xff, 0xff00, 0xff0000}
	return bgr, f.bits == 32 && (bgr || rgb)
}

// supported reports whether pixels of this format can be converted to a picture.
func (f format) supported() bool {
	const trueColor = 4
	return !f.bigEndian && f.class == trueColor && (f.bits == 16 || f.bits == 32) && f.pad >= 8
}

// Grab returns a picture of a region of the screen. The picture is valid until the next
// Grab or Close.
func (c *Conn) Grab(ctx context.Context, region image.Rectangle) (m *picture.Image, err error) {
	err = c.within(ctx, func() error {
		m, err = c.grab(region)
		return err
	})
	return m, err
}

func (c *Conn) grab(region image.Rectangle) (*picture.Image, error) {
	if region.Empty() || !region.In(image.Rectangle{Max: c.size}) {
		return nil, ErrMoved
	}
	if !c.format.supported() {
		return nil, errors.ErrUnsupported
	}
	stride := c.format.stride(region.Dx())
	pix, err := c.pixels(region, stride*region.Dy())
	if x, ok := err.(*Error); ok && (x.Code == badMatch || x.Code == badValue) {
		return nil, ErrMoved
	}
	if err != nil {
		return nil, err
	}
	bgr, ok := c.format.order()
	if !ok {
		return c.format.convert(pix, stride, region.Size()), nil
	}
	return &picture.Image{Pix: pix, Stride: stride, Size: region.Size(), BGR: bgr}, nil
}

const (
	badValue = 2
	badMatch = 8
)

// pixels returns the bytes of a region, through shared memory if possible, and otherwise
// through the connection. size is the number of bytes.
func (c *Conn) pixels(region image.Rectangle, size int) ([]byte, error) {
	place := binary.LittleEndian.AppendUint32(nil, c.root)
	for _, n := range []int{region.Min.X, region.Min.Y, region.Dx(), region.Dy()} {
		place = binary.LittleEndian.AppendUint16(place, uint16(n))
	}
	place = append(place, words(allPlanes)...)
	op, err := c.share(size)
	if err != nil {
		return nil, err
	}
	if op != 0 {
		_, _, err := c.ask(op, shmGetImage, append(append(place, zPixmap, 0, 0, 0), words(c.id, 0)...)...)
		return c.shared.pix[:size], err
	}
	if err := c.send(getImage, zPixmap, place...); err != nil {
		return nil, err
	}
	_, n, err := c.reply()
	if err != nil {
		return nil, err
	}
	if n != int64(size+3)&^3 {
		return nil, errNonsense
	}
	pix := make([]byte, n)
	_, err = io.ReadFull(c.r, pix)
	return pix[:size], err
}

// share makes the X server share at least size bytes of memory. It returns the opcode of
// the extension, or 0 if no memory can be shared, for example because the server is on
// another computer or lacks the extension.
func (c *Conn) share(size int) (op byte, err error) {
	socket, local := c.Conn.(*net.UnixConn)
	if !local || c.shared.missing {
		return 0, nil
	}
	if op, err = c.opcode("MIT-SHM"); err != nil || op == 0 || len(c.shared.pix) >= size {
		return op, err
	}
	if c.shared.pix != nil {
		if err := c.send(op, shmDetach, words(c.id)...); err != nil {
			return 0, err
		}
		c.shared.close()
	}
	if err := c.shared.open(size); err != nil {
		c.shared.missing = true
		return 0, nil
	}
	const notReadOnly = 0
	c.seq++
	attach := request(op, shmAttachFd, append(words(c.id), notReadOnly, 0, 0, 0))
	if err := c.shared.pass(socket, attach); err != nil {
		return 0, err
	}
	attached := c.seq
	_, _, err = c.ask(getInputFocus, 0) // its answer shows that the server has handled the request before it
	if err == nil && c.failed == attached {
		c.shared.close()
		c.shared.missing = true
		return 0, nil
	}
	return op, err
}

// Close closes the connection and releases the memory of pictures.
func (c *Conn) Close() error {
	err := c.Conn.Close()
	c.shared.close()
	return err
}

// convert makes a picture from pixels whose layout is not possible in a picture, see
// order.
func (f format) convert(pix []byte, stride int, size image.Point) *picture.Image {
	m := picture.New(size)
	var shift, top [3]uint32
	for i, mask := range f.masks {
		shift[i] = uint32(bits.TrailingZeros32(mask))
		top[i] = max(mask>>shift[i], 1)
	}
	for y := range size.Y {
		line, to := pix[y*stride:], m.Pix[y*m.Stride:]
		for x := range size.X {
			var p uint32
			if f.bits == 16 {
				p = uint32(binary.LittleEndian.Uint16(line[2*x:]))
			} else {
				p = binary.LittleEndian.Uint32(line[4*x:])
			}
			for i, mask := range f.masks {
				to[4*x+i] = byte((uint64(p&mask>>shift[i])*255 + uint64(top[i]/2)) / uint64(top[i]))
			}
		}
	}
	return m
}
