package termimage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"

	"techsh/codec"
)

const (
	MaxBytes  = 64 << 20  // largest number of bytes in a picture
	maxPixels = 100 << 20 // largest number of pixels in a picture
	maxHeader = 64 << 10  // number of bytes at the beginning that must contain the size of the picture
)

// A Header checks a picture while it is received, before it is decoded: its format,
// its size, and how much memory decoding needs.
type Header struct {
	Format    string // the requested format: png or jpeg
	Announced string // the size that the remote has announced as WxH, or ""

	received int    // bytes received
	head     []byte // the first bytes, until the size is known
	next     int    // length of head at which parsing is retried
	known    bool   // size is known
	size     image.Point
}

// Size returns the size of the picture, or zero if it is not known yet.
func (h *Header) Size() image.Point { return h.size }

// Add checks the next part of the picture.
func (h *Header) Add(b []byte) error {
	if h.received += len(b); h.received > MaxBytes {
		return codec.Errorf(codec.TooBig, "a picture of more than %d bytes", MaxBytes)
	}
	if h.known {
		return nil
	}
	h.head = append(h.head, b[:min(len(b), maxHeader-len(h.head))]...)
	if len(h.head) < h.next {
		return nil
	}
	// Parsing is retried only when the length of head has doubled, so that a picture that
	// arrives byte by byte is not parsed after each byte.
	h.next = min(2*len(h.head), maxHeader)
	return h.parse()
}

// parse parses the head, which may be incomplete.
func (h *Header) parse() error {
	size, err := measure(h.head, h.Format)
	switch short := errors.Is(err, io.ErrUnexpectedEOF); {
	case short && len(h.head) < maxHeader:
		return nil
	case short:
		return notA(h.Format)
	case err != nil:
		return err
	}
	if is := fmt.Sprintf("%dx%d", size.X, size.Y); h.Announced != "" && h.Announced != is {
		return codec.Errorf(
			codec.Mismatch,
			"the picture is %s, but %s was announced",
			is,
			codec.Show(h.Announced),
		)
	}
	h.head, h.known, h.size = nil, true, size
	return nil
}

// End checks the completely received picture.
func (h *Header) End() error {
	if h.known {
		return nil
	}
	if err := h.parse(); err != nil || h.known {
		return err
	}
	return notA(h.Format)
}

func notA(format string) error {
	return codec.Errorf(codec.Mismatch, "not a %s picture", format)
}

// measure returns the size of the picture that begins with head, or an error if it
// must not be decoded. If head is too short, the error is io.ErrUnexpectedEOF.
func measure(head []byte, format string) (size image.Point, err error) {
	read, magic := png.DecodeConfig, "\x89PNG\r\n\x1a\n"
	if format == "jpeg" {
		read, magic = jpeg.DecodeConfig, "\xff\xd8\xff"
	}
	if n := min(len(head), len(magic)); string(head[:n]) != magic[:n] {
		return size, notA(format)
	}
	config, err := read(bytes.NewReader(head))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return size, err
	case err != nil:
		return size, notA(format)
	case format == "jpeg" && !isBaseline(head): // decoding a progressive JPEG takes ten times the memory
		return size, codec.Errorf(codec.Unsupported, "a jpeg picture that is not a baseline one")
	}
	size = image.Pt(config.Width, config.Height)
	if n := int64(size.X) * int64(size.Y); n > maxPixels {
		return size, codec.Errorf(codec.TooBig, "a picture of %d pixels, the limit is %d", n, maxPixels)
	}
	switch config.ColorModel {
	// Screens do not use 16 bits per channel, and decoding such a picture takes twice the
	// memory.
	case color.RGBA64Model, color.NRGBA64Model, color.Gray16Model:
		return size, codec.Errorf(codec.Unsupported, "a picture with 16 bits a colour")
	}
	return size, nil
}

// isBaseline reports whether a JPEG is certainly a baseline JPEG. It returns false if
// anything but tables and comments precedes the size of the picture.
func isBaseline(head []byte) bool {
	const frame, huffman, quantizers, interval, comment, application = 0xc0, 0xc4, 0xdb, 0xdd, 0xfe, 0xe0
	length := func(at int) int { return int(head[at+2])<<8 | int(head[at+3]) }
	for at := 2; at+4 <= len(head) && head[at] == 0xff; at += 2 + length(at) {
		switch marker := head[at+1]; {
		case marker == frame:
			return true
		case marker&0xf0 == application, marker == huffman, marker == quantizers,
			marker == interval, marker == comment:
		default:
			return false
		}
	}
	return false
}

// Decode decodes a picture that was checked by a Header.
func Decode(ctx context.Context, r io.Reader, format string) (image.Image, error) {
	r = &stoppable{ctx, r}
	if format == "jpeg" {
		return jpeg.Decode(r)
	}
	return png.Decode(r)
}

// A stoppable is a reader that returns an error when its context is done.
type stoppable struct {
	ctx context.Context
	io.Reader
}

func (r *stoppable) Read(b []byte) (int, error) {
	if r.ctx.Err() != nil {
		return 0, context.Cause(r.ctx)
	}
	return r.Reader.Read(b)
}
