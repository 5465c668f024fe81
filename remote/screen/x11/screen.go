package x11

import (
	"context"
	"encoding/binary"
	"image"
	"strings"
)

// A Monitor is a part of the screen that a person sees as one display.
type Monitor struct {
	Name    string
	Primary bool
	Bounds  image.Rectangle // on the screen
}

// setUp reads the description of the X server and chooses a screen.
func (c *Conn) setUp(setup []byte, screen int) error {
	r := &reader{b: setup}
	r.skip(4) // the server's release number
	c.id = r.uint32()
	mask := r.uint32()
	c.id |= mask & -mask
	r.skip(4) // the size of the server's motion buffer
	vendor := r.uint16()
	r.skip(2)
	screens, formats := r.byte(), r.byte()
	order := r.byte()
	r.skip(9)
	r.skip((vendor + 3) &^ 3)
	bits, pads := map[int]int{}, map[int]int{}
	for range formats {
		depth := r.byte()
		bits[depth], pads[depth] = r.byte(), r.byte()
		r.skip(5)
	}
	for n := range screens {
		c.root = r.uint32()
		r.skip(16)
		c.size = image.Pt(r.uint16(), r.uint16())
		r.skip(8)
		visual := r.uint32()
		r.skip(2)
		depth, depths := r.byte(), r.byte()
		c.format = format{depth: depth, bits: bits[depth], pad: pads[depth], bigEndian: order != 0}
		for range depths {
			r.skip(2)
			visuals := r.uint16()
			r.skip(4)
			for range visuals {
				id, class := r.uint32(), r.byte()
				r.skip(3)
				masks := [3]uint32{r.uint32(), r.uint32(), r.uint32()}
				r.skip(4)
				if id == visual {
					c.format.masks, c.format.class = masks, class
				}
			}
		}
		if r.short {
			return errNonsense
		}
		if n == screen {
			break
		}
	}
	if screens == 0 || c.size.X == 0 || c.size.Y == 0 {
		return errNonsense
	}
	return nil
}

// Monitors returns the current monitors, the primary one first.
func (c *Conn) Monitors(ctx context.Context) (list []Monitor, err error) {
	err = c.within(ctx, func() error {
		list, err = c.monitors()
		return err
	})
	return list, err
}

func (c *Conn) monitors() ([]Monitor, error) {
	size, err := c.sizeNow()
	if err != nil {
		return nil, err
	}
	whole := []Monitor{{Primary: true, Bounds: image.Rectangle{Max: size}}}
	op, err := c.opcode("RANDR")
	if err != nil || op == 0 {
		return whole, err
	}
	head, r, err := c.ask(op, monitors, words(c.root, 1)...)
	if _, old := err.(*Error); old {
		return whole, nil // RANDR is older than version 1.5
	}
	if err != nil {
		return nil, err
	}
	var list []Monitor
	for range binary.LittleEndian.Uint32(head[12:]) {
		atom := r.uint32()
		m := Monitor{Primary: r.byte() != 0}
		r.skip(1)
		outputs := r.uint16()
		x, y := r.int16(), r.int16()
		m.Bounds = image.Rect(x, y, x+r.uint16(), y+r.uint16()).Intersect(whole[0].Bounds)
		r.skip(8 + 4*outputs)
		if r.short {
			return nil, errNonsense
		}
		if m.Name, err = c.atomName(atom); err != nil {
			return nil, err
		}
		switch {
		case m.Bounds.Empty():
		case m.Primary:
			list = append([]Monitor{m}, list...)
		default:
			list = append(list, m)
		}
	}
	if len(list) == 0 {
		return whole, nil
	}
	return list, nil
}

// sizeNow returns the current size of the screen, which may have changed since the
// greeting.
func (c *Conn) sizeNow() (image.Point, error) {
	head, _, err := c.ask(getGeometry, 0, words(c.root)...)
	if err == nil {
		r := &reader{b: head[16:]}
		c.size = image.Pt(r.uint16(), r.uint16())
	}
	return c.size, err
}

func words(list ...uint32) (b []byte) {
	for _, w := range list {
		b = binary.LittleEndian.AppendUint32(b, w)
	}
	return b
}

func (c *Conn) atomName(atom uint32) (string, error) {
	if name, known := c.names[atom]; known {
		return name, nil
	}
	head, r, err := c.ask(getAtomName, 0, words(atom)...)
	if err != nil {
		return "", err
	}
	c.names[atom] = string(r.take(int(binary.LittleEndian.Uint16(head[8:]))))
	return c.names[atom], nil
}

// Property returns a property of the screen, or "" if it is missing.
func (c *Conn) Property(ctx context.Context, name string) (value string, err error) {
	err = c.within(ctx, func() error {
		value, err = c.property(name)
		return err
	})
	return value, err
}

func (c *Conn) property(name string) (string, error) {
	const onlyIfExists = 1
	head, _, err := c.ask(internAtom, onlyIfExists, append([]byte{byte(len(name)), 0, 0, 0}, name...)...)
	if err != nil {
		return "", err
	}
	atom := binary.LittleEndian.Uint32(head[8:])
	if atom == 0 {
		return "", nil
	}
	const anyType = 0
	head, r, err := c.ask(getProperty, 0, words(c.root, atom, anyType, 0, maxReply/8)...)
	if err != nil {
		return "", err
	}
	unit := int(head[1]) / 8 // bytes
	return string(r.take(min(len(r.b), unit*int(binary.LittleEndian.Uint32(head[16:]))))), nil
}

// Resource returns an X resource that the desktop has set, such as Xft.dpi, or "" if it
// is missing.
func (c *Conn) Resource(ctx context.Context, name string) (string, error) {
	all, err := c.Property(ctx, "RESOURCE_MANAGER")
	for line := range strings.Lines(all) {
		if value, ok := strings.CutPrefix(line, name+":"); ok {
			return strings.TrimSpace(value), nil
		}
	}
	return "", err
}

// Saved reports whether the screen saver is on.
func (c *Conn) Saved(ctx context.Context) (on bool, err error) {
	err = c.within(ctx, func() error {
		op, err := c.opcode("MIT-SCREEN-SAVER")
		if err != nil || op == 0 {
			return err
		}
		head, _, err := c.ask(op, saverInfo, words(c.root)...)
		on = head[1] == 1
		return err
	})
	return on, err
}
