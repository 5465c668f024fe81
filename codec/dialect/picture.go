package dialect

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"math"

	"techsh/codec"
)

const (
	maxPixels   = 1 << 25 // the limit for a picture that is decoded; no screen has more pixels
	lowQuality  = 40      // the lowest quality of a JPEG; text is still readable
	highQuality = 90      // the highest quality of a JPEG; it looks like the original
	maxTries    = 8       // the limit for the encodings of one picture, because each takes time
)

// shrinkJPEG makes a JPEG picture smaller, so that its size in bytes does not exceed the
// parameter most. It lowers the quality and, if that is not enough, scales the picture
// down. With a few tries it comes close to the limit.
func shrinkJPEG(b []byte, most int) ([]byte, error) {
	if len(b) <= most {
		return b, nil
	}
	m, err := decodeImage(b)
	if err != nil {
		return nil, err
	}
	full := toRGBA(m)
	best, size, err := encodeIfFits(full, lowQuality, most)
	low, high := float64(lowQuality), float64(highQuality)
	try := func(quality float64) ([]byte, int, error) { return encodeIfFits(full, int(quality), most) }
	if best == nil {
		low, high = 0, min(1, 2*math.Sqrt(float64(most)/float64(size))) // an estimate with some room
		try = func(scale float64) ([]byte, int, error) {
			return encodeIfFits(scaleDown(full, scale), lowQuality, most)
		}
	}
	for n := 1; n < maxTries && err == nil; n++ {
		at := (low + high) / 2
		var fits []byte
		if fits, _, err = try(at); fits == nil {
			high = at
		} else {
			best, low = fits, at
		}
	}
	if best == nil && err == nil {
		err = codec.Errorf(codec.TooBig, "a picture that does not fit into %d bytes", most)
	}
	return best, err
}

// encodeIfFits encodes m as a JPEG. The result fits is the JPEG, or nil if the JPEG has
// more bytes than the parameter most allows. The result size is the number of bytes of
// the JPEG in both cases.
func encodeIfFits(m image.Image, quality, most int) (fits []byte, size int, err error) {
	var b bytes.Buffer
	if err = jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err == nil && b.Len() <= most {
		fits = b.Bytes()
	}
	return fits, b.Len(), err
}

// toRGBA returns a picture with 8 bits for each colour.
func toRGBA(m image.Image) *image.RGBA {
	if p, ok := m.(*image.RGBA); ok {
		return p
	}
	p := image.NewRGBA(image.Rectangle{Max: m.Bounds().Size()})
	draw.Draw(p, p.Bounds(), m, m.Bounds().Min, draw.Src)
	return p
}

// scaleDown makes a picture smaller. Each pixel is the average of the pixels that it
// replaces.
func scaleDown(m *image.RGBA, scale float64) *image.RGBA {
	from := m.Bounds().Size()
	to := image.Pt(max(1, int(float64(from.X)*scale)), max(1, int(float64(from.Y)*scale)))
	out := image.NewRGBA(image.Rectangle{Max: to})
	for y := range to.Y {
		top, bottom := y*from.Y/to.Y, max(y*from.Y/to.Y+1, (y+1)*from.Y/to.Y)
		for x := range to.X {
			left, right := x*from.X/to.X, max(x*from.X/to.X+1, (x+1)*from.X/to.X)
			var sum [3]int
			for row := top; row < bottom; row++ {
				for p := m.PixOffset(left, row); p < m.PixOffset(right, row); p += 4 {
					sum[0] += int(m.Pix[p])
					sum[1] += int(m.Pix[p+1])
					sum[2] += int(m.Pix[p+2])
				}
			}
			n := (bottom - top) * (right - left)
			out.SetRGBA(x, y, color.RGBA{uint8(sum[0] / n), uint8(sum[1] / n), uint8(sum[2] / n), 255})
		}
	}
	return out
}

// imageFormat returns the format that the first bytes of a picture indicate: png, jpeg,
// bmp or "".
func imageFormat(b []byte) string {
	magics := map[string]string{"\x89PNG\r\n\x1a\n": "png", "\xff\xd8\xff": "jpeg", "BM": "bmp"}
	for magic, kind := range magics {
		if bytes.HasPrefix(b, []byte(magic)) {
			return kind
		}
	}
	return ""
}

// convertImage converts a picture to png or jpeg.
func convertImage(b []byte, want string) ([]byte, error) {
	if imageFormat(b) == want {
		return b, nil
	}
	m, err := decodeImage(b)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if want == "jpeg" {
		err = jpeg.Encode(&out, m, &jpeg.Options{Quality: 90})
	} else {
		// without toRGBA a decoded JPEG would become a PNG with 16 bits for each colour
		err = (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(&out, toRGBA(m))
	}
	return out.Bytes(), err
}

// decodeImage decodes a picture. It refuses one that is larger than any screen.
func decodeImage(b []byte) (m image.Image, err error) {
	config, decode := image.Config{}, png.Decode
	switch imageFormat(b) {
	case "png":
		config, err = png.DecodeConfig(bytes.NewReader(b))
	case "jpeg":
		decode = jpeg.Decode
		config, err = jpeg.DecodeConfig(bytes.NewReader(b))
	case "bmp":
		return decodeBMP(b)
	default:
		return nil, codec.Errorf(
			codec.Mismatch, "what came is no picture: it begins with %q", b[:min(len(b), 16)],
		)
	}
	if err == nil {
		err = checkSize(config.Width, config.Height)
	}
	if err == nil {
		m, err = decode(bytes.NewReader(b))
	}
	if err != nil {
		return nil, codec.Errorf(codec.Mismatch, "the picture is broken: %v", err)
	}
	return m, nil
}

func checkSize(width, height int) error {
	if width < 1 || height < 1 || int64(width)*int64(height) > maxPixels {
		return codec.Errorf(codec.TooBig, "a picture of %dx%d", width, height)
	}
	return nil
}

// decodeBMP decodes a picture in the variant of BMP that Windows uses for screens:
// uncompressed, with 24 or 32 bits for each pixel.
func decodeBMP(b []byte) (image.Image, error) {
	broken := codec.Errorf(codec.Unsupported, "a bmp picture that is broken, or not of the usual kind")
	if len(b) < 54 {
		return nil, broken
	}
	offset := int64(binary.LittleEndian.Uint32(b[10:]))
	width := int(int32(binary.LittleEndian.Uint32(b[18:])))
	height := int(int32(binary.LittleEndian.Uint32(b[22:])))
	bits, compression := int(binary.LittleEndian.Uint16(b[28:])), binary.LittleEndian.Uint32(b[30:])
	down := height < 0 // the first row is at the top
	if down {
		height = -height
	}
	if err := checkSize(width, height); err != nil {
		return nil, err
	}
	row := (width*bits/8 + 3) &^ 3
	const fields = 3 // BI_BITFIELDS: colour masks follow the header; in practice they are always the same
	if bits != 24 && bits != 32 || compression != 0 && compression != fields ||
		offset+int64(row)*int64(height) > int64(len(b)) {
		return nil, broken
	}
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		from := height - 1 - y
		if down {
			from = y
		}
		p := int(offset) + from*row
		for x := range width {
			m.SetRGBA(x, y, color.RGBA{b[p+2], b[p+1], b[p], 255})
			p += bits / 8
		}
	}
	return m, nil
}
