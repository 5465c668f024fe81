package screen_test

import (
	"image"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/screen"
)

func TestAnAreaOfTooManyPixelsIsRefused(t *testing.T) {
	tooBig := &codec.Error{Code: codec.TooBig}
	most := codec.Display{Number: 1, Bounds: image.Rect(0, 0, 10240, 10240)}
	more := codec.Display{Number: 2, Bounds: image.Rect(0, 0, 10240, 10241)}
	far := codec.Display{Number: 3, Bounds: image.Rect(100000, 100000, 100001, 100001)}
	wide := codec.Display{Number: 4, Bounds: image.Rect(0, 0, 65536, 1)}
	list := []codec.Display{most, more, far, wide}
	for name, c := range map[string]struct {
		words string
		list  []codec.Display
		err   error
	}{
		"as many as are allowed":  {"", list, nil},
		"one line more":           {"-d 2", list, tooBig},
		"scaled, it is still all": {"-d 2 --scale 0.1", list, tooBig},
		"a part of it":            {"-d 2 -r 0,0,10240x10240", list, nil},
		"the gap between two":     {"-d all", []codec.Display{most, far}, tooBig},
		"too wide for a jpeg":     {"-d 4 --format jpeg", list, tooBig},
		"a smaller jpeg":          {"-d 4 --format jpeg --scale 0.5", list, nil},
	} {
		require.ErrorIs(t, screen.FindArea(c.words, c.list), c.err, name)
	}
}

func TestAFileOfTooManyBytesBreaksOff(t *testing.T) {
	w := screen.LimitWriter(io.Discard)
	piece := make([]byte, screen.MaxShot/4)
	for range 4 {
		_, err := w.Write(piece)
		require.NoError(t, err)
	}
	_, err := w.Write(piece[:1])
	require.ErrorIs(t, err, &codec.Error{Code: codec.TooBig})
}
