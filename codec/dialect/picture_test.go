package dialect_test

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/stretchr/testify/require"
)

// stripes returns a picture whose rows and columns all differ.
func stripes(width, height int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			m.SetRGBA(x, y, color.RGBA{uint8(x * 6), uint8(y * 8), 100, 255})
		}
	}
	return m
}

// encode encodes a picture as a file of this kind.
func encode(t *testing.T, m *image.RGBA, kind string) []byte {
	var b bytes.Buffer
	size := m.Bounds().Size()
	switch kind {
	case "png":
		require.NoError(t, png.Encode(&b, m))
		return b.Bytes()
	case "jpeg":
		require.NoError(t, jpeg.Encode(&b, m, &jpeg.Options{Quality: 100}))
		return b.Bytes()
	}
	bytesEach, height := 3, size.Y
	if kind == "bmp of 32 bits" {
		bytesEach = 4
	} else if kind == "bmp from the top" {
		height = -height
	}
	header := make([]byte, 54)
	copy(header, "BM")
	for at, v := range map[int]int{10: 54, 14: 40, 18: size.X, 22: height} {
		binary.LittleEndian.PutUint32(header[at:], uint32(int32(v)))
	}
	header[26], header[28] = 1, byte(8*bytesEach)
	b.Write(header)
	for i := range size.Y {
		y := i
		if height > 0 {
			y = size.Y - 1 - i
		}
		for x := range size.X {
			c := m.RGBAAt(x, y)
			b.Write([]byte{c.B, c.G, c.R, 0}[:bytesEach])
		}
		b.Write(make([]byte, (4-size.X*bytesEach%4)%4))
	}
	return b.Bytes()
}

// requireAlike checks that a file of this kind shows m.
func requireAlike(t *testing.T, m *image.RGBA, file []byte, kind string) {
	got, is, err := image.Decode(bytes.NewReader(file))
	require.NoError(t, err)
	require.Equal(t, kind, is)
	require.Equal(t, m.Bounds(), got.Bounds())
	require.NotEqual(
		t, color.RGBA64Model, got.ColorModel(), "no screen has that many, and the shell refuses them",
	)
	for y := range m.Rect.Dy() {
		for x := range m.Rect.Dx() {
			want := m.RGBAAt(x, y)
			r, g, b, _ := got.At(x, y).RGBA()
			require.InDelta(t, want.R, r>>8, 12)
			require.InDelta(t, want.G, g>>8, 12)
			require.InDelta(t, want.B, b>>8, 12)
		}
	}
}
