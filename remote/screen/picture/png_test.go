package picture_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"techsh/remote/screen/picture"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// drawn returns a picture of this size with the pixels that at returns. The ignored
// bytes, between colours and after lines, are not 0.
func drawn(width, height int, bgr bool, at func(x, y int) color.RGBA) *picture.Image {
	noise := rand.New(rand.NewPCG(1, 2))
	m := &picture.Image{Stride: 4*width + 12, Size: image.Pt(width, height), BGR: bgr}
	m.Pix = make([]byte, m.Stride*height)
	for i := range m.Pix {
		m.Pix[i] = byte(noise.Uint32())
	}
	for y := range height {
		for x := range width {
			c, p := at(x, y), m.Pix[y*m.Stride+4*x:]
			if bgr {
				c.R, c.B = c.B, c.R
			}
			p[0], p[1], p[2] = c.R, c.G, c.B
		}
	}
	return m
}

// quiet sets the ignored bytes of m to 0, as they usually are, so that lines can be equal.
func quiet(m *picture.Image) *picture.Image {
	for i := 3; i < len(m.Pix); i += 4 {
		m.Pix[i] = 0
	}
	return m
}

// These pictures are compressed in different ways.

func flat(int, int) color.RGBA { return color.RGBA{1, 2, 3, 255} }

func gradient(x, y int) color.RGBA { return color.RGBA{byte(x), byte(y), byte(x / 3), 255} }

func rows(_, y int) color.RGBA { return color.RGBA{byte(y / 5), byte(y / 5), 7, 255} }

func columns(x, _ int) color.RGBA { return color.RGBA{byte(x * 37), byte(x * x), byte(x >> 2), 255} }

func noise(x, y int) color.RGBA {
	h := uint32(x)*0x9e3779b1 ^ uint32(y)*0x85ebca6b
	h = (h ^ h>>15) * 0x2c1b3c6d
	h ^= h >> 13
	return color.RGBA{byte(h), byte(h >> 8), byte(h >> 16), 255}
}

// text returns pixels of letters, with a few shapes, on white.
func text(x, y int) color.RGBA {
	letter := noise(x/9+y/18*1000, 77).R % 26
	if y%18 > 12 || x%9 > 6 || y/18%7 == 3 {
		return color.RGBA{255, 255, 255, 255}
	}
	grey := noise(x%9+int(letter)*9, y%18).G
	if grey > 90 {
		grey = 255
	}
	return color.RGBA{grey, grey, grey, 255}
}

// photo returns pixels that change smoothly, with some noise.
func photo(x, y int) color.RGBA {
	n := noise(x, y)
	return color.RGBA{byte(x/7+y/11) + n.R>>5, byte(x/13+60) + n.G>>5, byte(y/9) + n.B>>5, 255}
}

// desktop returns pixels of a photo beside text, on a wallpaper.
func desktop(x, y int) color.RGBA {
	switch {
	case x%700 > 600 || y%400 > 330:
		return rows(x, y)
	case x%700 > 450:
		return photo(x, y)
	}
	return text(x, y)
}

func pictures() map[string]func(x, y int) color.RGBA {
	return map[string]func(x, y int) color.RGBA{
		"flat": flat, "gradient": gradient, "rows": rows, "columns": columns,
		"noise": noise, "text": text, "photo": photo, "desktop": desktop,
	}
}

// requireSame decodes file and compares it with m.
func requireSame(t testing.TB, m *picture.Image, file []byte) {
	t.Helper()
	got, err := png.Decode(bytes.NewReader(file))
	require.NoError(t, err)
	require.Equal(t, image.Rectangle{Max: m.Size}, got.Bounds())
	rgba := image.NewRGBA(got.Bounds())
	draw.Draw(rgba, rgba.Rect, got, image.Point{}, draw.Src)
	for y := range m.Size.Y {
		for x := range m.Size.X {
			p := m.Pix[y*m.Stride+4*x:]
			want := color.RGBA{p[0], p[1], p[2], 255}
			if m.BGR {
				want.R, want.B = want.B, want.R
			}
			if g := rgba.RGBAAt(x, y); g != want {
				require.Equal(t, want, g, "at %d,%d", x, y)
			}
		}
	}
}

func encoded(t testing.TB, m *picture.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, picture.PNG(&b, m))
	return b.Bytes()
}

func TestPNGHasEveryPixel(t *testing.T) {
	for name, at := range pictures() {
		for _, size := range []image.Point{
			{1, 1},
			{2, 1},
			{1, 700},
			{3, 2},
			{320, 200},
			{1021, 97},
			{10922, 4},
			{10923, 4},
		} {
			t.Run(fmt.Sprintf("%s %v", name, size), func(t *testing.T) {
				for _, bgr := range []bool{false, true} {
					m := drawn(size.X, size.Y, bgr, at)
					requireSame(t, m, encoded(t, m))
					requireSame(t, m, encoded(t, quiet(m)))
				}
			})
		}
	}
}

// A file must not be much larger than that of other encoders, so that the faster encoding
// is not lost in transmission.
func TestPNGIsNotLargerThanThatOfOthers(t *testing.T) {
	for name, at := range pictures() {
		t.Run(name, func(t *testing.T) {
			m := drawn(1280, 800, true, at)
			file := encoded(t, m)
			picture, err := png.Decode(bytes.NewReader(file))
			require.NoError(t, err)
			var theirs bytes.Buffer
			require.NoError(t, png.Encode(&theirs, picture))
			require.LessOrEqual(t, len(file), max(theirs.Len()*3/2, 64<<10)) // the size of small files does not matter
		})
	}
}

// fullAfter is a writer that fails after this many bytes.
type fullAfter int

var errFull = errors.New("full")

func (f *fullAfter) Write(b []byte) (int, error) {
	if *f -= fullAfter(len(b)); *f < 0 {
		return 0, errFull
	}
	return len(b), nil
}

func TestPNGEndsWithItsWriter(t *testing.T) {
	m := drawn(1280, 800, true, noise)
	for _, size := range []fullAfter{0, 100, 1 << 20} {
		require.ErrorIs(t, picture.PNG(&size, m), errFull)
	}
}

func FuzzPNG(f *testing.F) {
	f.Add(uint16(3), []byte("abcabcabcdefabc"))
	f.Add(uint16(200), bytes.Repeat([]byte("ab"), 5000))
	f.Fuzz(func(t *testing.T, width uint16, pixels []byte) {
		w := int(width%5000) + 1
		h := len(pixels)/w + 1
		m := drawn(w, h, w%2 == 0, func(x, y int) color.RGBA {
			i := y*w + x
			if i >= len(pixels) {
				return color.RGBA{}
			}
			p := pixels[i]
			return color.RGBA{p, p >> 4, p & 3, 255}
		})
		requireSame(t, m, encoded(t, m))
		requireSame(t, m, encoded(t, quiet(m)))
	})
}

func BenchmarkPNG(b *testing.B) {
	for _, name := range []string{"desktop", "text", "photo", "noise"} {
		b.Run(name, func(b *testing.B) {
			m := quiet(drawn(1920, 1080, true, pictures()[name]))
			b.SetBytes(int64(len(m.Pix)))
			b.ReportAllocs()
			for b.Loop() {
				_ = picture.PNG(io.Discard, m)
			}
		})
	}
}
