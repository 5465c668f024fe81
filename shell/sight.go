package shell

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
	maxPixels = 100 << 20 // of a picture
	maxShot   = 64 << 20  // bytes of a picture
	maxHead   = 64 << 10  // bytes of it that have to say how large it is
)

// A sight is a picture that comes, and is looked at before anybody decodes
// it: what the remote says need not be true.
type sight struct {
	format string // that was asked for: png or jpeg
	said   string // how large the remote says it is, WxH, or ""
	bytes  int    // so far
	head   []byte
	next   int         // how long the head must be to be looked at again
	known  bool        // what the head says
	size   image.Point // which is this
}

// add looks at more of the picture.
func (v *sight) add(b []byte) error {
	if v.bytes += len(b); v.bytes > maxShot {
		return codec.Errorf(codec.TooBig, "a picture of more than %d bytes", maxShot)
	}
	if v.known {
		return nil
	}
	v.head = append(v.head, b[:min(len(b), maxHead-len(v.head))]...)
	if len(v.head) < v.next {
		return nil
	}
	v.next = min(2*len(v.head), maxHead) // not each time, for what comes byte by byte
	return v.look()
}

// look looks at the head, which may be too short yet.
func (v *sight) look() error {
	size, err := measure(v.head, v.format)
	switch short := errors.Is(err, io.ErrUnexpectedEOF); {
	case short && len(v.head) < maxHead:
		return nil
	case short:
		return notOf(v.format)
	case err != nil:
		return err
	}
	if is := fmt.Sprintf("%dx%d", size.X, size.Y); v.said != "" && v.said != is {
		return codec.Errorf(codec.Mismatch, "the picture is %s, announced was %s", is, codec.Show(v.said))
	}
	v.head, v.known, v.size = nil, true, size
	return nil
}

// end is for a picture that has come whole.
func (v *sight) end() error {
	if v.known {
		return nil
	}
	if err := v.look(); err != nil || v.known {
		return err
	}
	return notOf(v.format)
}

func notOf(format string) error {
	return codec.Errorf(codec.Mismatch, "what came is no %s picture", format)
}

// measure returns how large a picture is that begins so, if it may be decoded.
// A beginning that is too short to say so is an io.ErrUnexpectedEOF.
func measure(head []byte, format string) (size image.Point, err error) {
	read, magic := png.DecodeConfig, "\x89PNG\r\n\x1a\n"
	if format == "jpeg" {
		read, magic = jpeg.DecodeConfig, "\xff\xd8\xff"
	}
	if n := min(len(head), len(magic)); string(head[:n]) != magic[:n] {
		return size, notOf(format)
	}
	config, err := read(bytes.NewReader(head))
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		return size, err
	case err != nil:
		return size, notOf(format)
	case format == "jpeg" && !isBaseline(head): // which takes ten times the memory: its coefficients are kept
		return size, codec.Errorf(codec.Unsupported, "a jpeg picture that is not a baseline one")
	}
	size = image.Pt(config.Width, config.Height)
	if n := int64(size.X) * int64(size.Y); n > maxPixels {
		return size, codec.Errorf(codec.TooBig, "a picture of %d pixels, the most is %d", n, maxPixels)
	}
	switch config.ColorModel {
	case color.RGBA64Model, color.NRGBA64Model, color.Gray16Model: // no screen has them, and they take twice the memory
		return size, codec.Errorf(codec.Unsupported, "a picture with 16 bits a colour")
	}
	return size, nil
}

// isBaseline says whether a JPEG is a baseline one for certain: nothing but
// tables and comments is in front of its size.
func isBaseline(head []byte) bool {
	const frame, huffman, quantizers, interval, comment, application = 0xc0, 0xc4, 0xdb, 0xdd, 0xfe, 0xe0
	for at := 2; at+4 <= len(head) && head[at] == 0xff; at += 2 + (int(head[at+2])<<8 | int(head[at+3])) {
		switch marker := head[at+1]; {
		case marker == frame:
			return true
		case marker&0xf0 == application, marker == huffman, marker == quantizers, marker == interval, marker == comment:
		default:
			return false
		}
	}
	return false
}

// decodePicture decodes one that has been looked at.
func decodePicture(ctx context.Context, r io.Reader, format string) (image.Image, error) {
	r = &stoppable{ctx, r}
	if format == "jpeg" {
		return jpeg.Decode(r)
	}
	return png.Decode(r)
}

// A stoppable reader ends with its context.
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
