package dialect_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec/dialect"
)

// written returns a picture of the height of a screen that has this many rows of
// something like small letters.
func written(rows int) *image.RGBA {
	m := image.NewRGBA(image.Rect(0, 0, 1920, 1080))
	for i := range m.Pix {
		m.Pix[i] = 255
	}
	random := rand.New(rand.NewPCG(1, 2))
	for y := range min(12*rows, 1080) {
		for x := range 1920 {
			if y%12 < 8 && x%8 < 6 && random.IntN(3) == 0 {
				m.SetRGBA(x, y, color.RGBA{0, 0, 0, 255})
			}
		}
	}
	return m
}

func TestPhotoLosesQualityFirstThenSize(t *testing.T) {
	for rows, width := range map[int]int{3: 1920, 90: 480} {
		var b bytes.Buffer
		require.NoError(t, jpeg.Encode(&b, written(rows), &jpeg.Options{Quality: 90}))
		require.Greater(t, b.Len(), 60_000)
		small, err := dialect.ShrinkJPEG(b.Bytes(), 60_000)
		require.NoError(t, err)
		size, err := jpeg.DecodeConfig(bytes.NewReader(small))
		require.NoError(t, err)
		require.LessOrEqual(t, len(small), 60_000)
		require.Greater(t, len(small), 55_000)
		require.GreaterOrEqual(t, size.Width, width)
	}
}
