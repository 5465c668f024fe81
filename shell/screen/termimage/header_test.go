package termimage_test

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/shell/screen/termimage"
)

// A picture that arrives byte by byte must not be parsed for every byte, which would
// take seconds, and must be refused if its header does not end.
func TestAHeaderThatComesByteByByteIsSoonRefused(t *testing.T) {
	comment := []byte{0xff, 0xfe, 0, 2}
	sent := append([]byte{0xff, 0xd8}, bytes.Repeat(comment, 64<<10/len(comment))...)
	allocations := testing.AllocsPerRun(1, func() {
		h := termimage.Header{Format: "jpeg"}
		for i, b := range sent[:64<<10] {
			err := h.Add([]byte{b})
			if i+1 == 64<<10 {
				require.EqualError(t, err, "not a jpeg picture")
				break
			}
			require.NoError(t, err)
		}
	})
	require.Less(t, allocations, 1000.0)
}

// The result must not depend on how the picture is split.
func TestTheHeaderIsReadHoweverItIsCut(t *testing.T) {
	paletted := image.NewPaletted(image.Rect(0, 0, 12, 8), color.Palette{color.Black, color.White})
	var asPNG, asJPEG bytes.Buffer
	require.NoError(t, png.Encode(&asPNG, paletted))
	require.NoError(t, jpeg.Encode(&asJPEG, colorful(12, 8), nil))
	for format, b := range map[string][]byte{"png": asPNG.Bytes(), "jpeg": asJPEG.Bytes()} {
		for cut := range len(b) {
			h := termimage.Header{Format: format, Announced: "12x8"}
			require.NoError(t, h.Add(b[:cut]))
			require.NoError(t, h.Add(b[cut:]))
			require.NoError(t, h.End())
			require.Equal(t, image.Pt(12, 8), h.Size())
		}
	}
}
