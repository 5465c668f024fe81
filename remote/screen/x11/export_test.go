package x11

import (
	"image"
	"net"
)

// The functions under test that nothing else needs.
var (
	ParseDisplay = parse
	FindCookie   = search
	ErrNonsense  = errNonsense
)

// NewConn returns a connection to a server that has not greeted.
func NewConn(conn net.Conn) *Conn { return newConn(conn) }

// Greet reads the greeting and returns the size of the screen.
func (c *Conn) Greet() (image.Point, error) {
	err := c.greet(nil, 0)
	return c.size, err
}

// Ask asks for something without a consequence.
func (c *Conn) Ask() error {
	_, _, err := c.ask(getInputFocus, 0)
	return err
}

// SetScreen sets what the greeting says: the size of the screen, and the bits of a pixel,
// the unit of the length of a line, and the masks of the colors.
func (c *Conn) SetScreen(size image.Point, bits, pad int, masks [3]uint32) {
	c.size, c.format = size, format{bits: bits, pad: pad, class: 4, masks: masks}
}

// Convert converts a pixel of so many bits.
func Convert(pix []byte, bits int, masks [3]uint32) []byte {
	return format{bits: bits, masks: masks}.convert(pix, len(pix), image.Pt(1, 1)).Pix
}
