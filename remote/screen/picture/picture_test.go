package picture_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/remote/screen/picture"
)

func TestDifferenceIsTheLeastRectangle(t *testing.T) {
	before := drawn(100, 60, true, text)
	for name, c := range map[string]struct {
		changed []image.Point
		want    image.Rectangle
	}{
		"nothing":      {nil, image.Rectangle{}},
		"a pixel":      {[]image.Point{{7, 9}}, image.Rect(7, 9, 8, 10)},
		"the corners":  {[]image.Point{{0, 0}, {99, 59}}, image.Rect(0, 0, 100, 60)},
		"two of a row": {[]image.Point{{3, 5}, {90, 5}}, image.Rect(3, 5, 91, 6)},
		"a diagonal":   {[]image.Point{{20, 30}, {10, 40}}, image.Rect(10, 30, 21, 41)},
	} {
		t.Run(name, func(t *testing.T) {
			after := before.Clone(nil)
			for i := 3; i < len(after.Pix); i += 4 {
				after.Pix[i]++ // this byte is ignored
			}
			for _, p := range c.changed {
				after.Pix[p.Y*after.Stride+4*p.X+1]++
			}
			require.Equal(t, c.want, picture.Difference(before, after))
		})
	}
	other := drawn(101, 60, true, text)
	require.Equal(t, image.Rect(0, 0, 101, 60), picture.Difference(before, other), "another size")
}

func TestUniformIsMoreThan99Percent(t *testing.T) {
	const width, height = 200, 100
	for others, want := range map[int]bool{0: true, 1: true, 199: true, 200: false, 10000: false} {
		m := drawn(width, height, true, func(x, y int) color.RGBA {
			if (y*width+x)*7919%(width*height) < others { // distributed over the picture
				return noise(x, y)
			}
			return color.RGBA{1, 20, 200, 255}
		})
		c, ok := m.Uniform()
		require.Equal(t, want, ok, "%d other pixels", others)
		if ok {
			require.Equal(t, color.RGBA{1, 20, 200, 255}, c)
		}
	}
	c, ok := drawn(1, 1, false, flat).Uniform()
	require.True(t, ok)
	require.Equal(t, color.RGBA{1, 2, 3, 255}, c)
}

// A panic must reach the goroutine of the caller, which can recover from it.
func TestAPanicIsTheCallers(t *testing.T) {
	torn := drawn(200, 600, true, noise)
	torn.Pix = torn.Pix[:len(torn.Pix)/2]
	for name, do := range map[string]func(){
		"PNG":   func() { _ = picture.PNG(io.Discard, torn) },
		"JPEG":  func() { _ = picture.JPEG(io.Discard, torn, 85) },
		"Scale": func() { torn.Scale(image.Pt(100, 300)) },
	} {
		func() {
			defer func() { require.ErrorContains(t, recover().(error), "picture.(*Image).line", name) }()
			do()
		}()
	}
}

func TestScaleTakesTheMean(t *testing.T) {
	m := drawn(
		4,
		2,
		true,
		func(x, y int) color.RGBA { return color.RGBA{byte(10 * x), byte(100 * y), byte(x + y), 255} },
	)
	small := m.Scale(picture.Scaled(m.Size, 0.5))
	file := encoded(t, small)
	requireSame(
		t,
		drawn(2, 1, false, func(x, _ int) color.RGBA { return color.RGBA{byte(5 + 20*x), 50, byte(1 + 2*x), 255} }),
		file,
	)
	require.Equal(t, m.Size, picture.Scaled(m.Size, 1))
	require.Equal(t, image.Pt(1, 1), picture.Scaled(image.Pt(1920, 1080), 1e-9))
	require.Equal(t, image.Pt(576, 324), picture.Scaled(image.Pt(1920, 1080), 0.3))
	requireSame(t, m, encoded(t, m.Scale(m.Size)))
	uneven := drawn(101, 67, false, flat).Scale(image.Pt(30, 13))
	requireSame(t, drawn(30, 13, false, flat), encoded(t, uneven))
}

func TestJPEGIsAlike(t *testing.T) {
	m := drawn(160, 100, true, gradient)
	sizes := map[int]int{}
	for _, quality := range []int{1, 50, 100} {
		var b bytes.Buffer
		require.NoError(t, picture.JPEG(&b, m, quality))
		sizes[quality] = b.Len()
		got, err := jpeg.Decode(&b)
		require.NoError(t, err)
		require.Equal(t, image.Rect(0, 0, 160, 100), got.Bounds())
		if quality == 100 {
			want, r := gradient(80, 50), color.RGBAModel.Convert(got.At(80, 50)).(color.RGBA)
			require.InDelta(t, want.R, r.R, 8)
			require.InDelta(t, want.G, r.G, 8)
			require.InDelta(t, want.B, r.B, 8)
		}
	}
	require.Less(t, sizes[1], sizes[50])
	require.Less(t, sizes[50], sizes[100])
}

func TestPicturesOfTheLibraryAreRed(t *testing.T) {
	m := image.NewRGBA(image.Rect(0, 0, 3, 2))
	for i := range 6 {
		m.SetRGBA(i%3, i/3, color.RGBA{200, 10, 1, 255})
	}
	requireSame(
		t,
		drawn(3, 2, true, func(int, int) color.RGBA { return color.RGBA{200, 10, 1, 255} }),
		encoded(t, picture.Of(m)),
	)
}
