package remote

import (
	"image"
	"io"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

// What is too large is refused before anybody looks.
func TestAViewOfTooManyPixelsIsRefused(t *testing.T) {
	tooBig := &codec.Error{Code: codec.TooBig}
	most := codec.Display{Number: 1, Bounds: image.Rect(0, 0, 10240, 10240)}
	more := codec.Display{Number: 2, Bounds: image.Rect(0, 0, 10240, 10241)}
	far := codec.Display{Number: 3, Bounds: image.Rect(-10240, -1, -10239, 0)}
	wide := codec.Display{Number: 4, Bounds: image.Rect(0, 0, 65536, 1)}
	list := []codec.Display{most, more, far, wide}
	for name, c := range map[string]struct {
		wanted
		list []codec.Display
		err  error
	}{
		"as many as may be":                {wanted{display: 1, scale: 1}, list, nil},
		"one line more":                    {wanted{display: 2, scale: 1}, list, tooBig},
		"scaled, it is taken all the same": {wanted{display: 2, scale: 0.1}, list, tooBig},
		"a part of it":                     {wanted{display: 2, scale: 1, region: image.Rect(0, 0, 10240, 10240)}, list, nil},
		"what is between two":              {wanted{scale: 1}, []codec.Display{most, far}, tooBig},
		"no jpeg":                          {wanted{display: 4, scale: 1, jpeg: true}, list, tooBig},
		"a smaller jpeg":                   {wanted{display: 4, scale: 0.5, jpeg: true}, list, nil},
	} {
		_, err := c.view(c.list)
		require.ErrorIs(t, err, c.err, name)
	}
}

func TestAFileOfTooManyBytesBreaksOff(t *testing.T) {
	l := &limited{Writer: io.Discard}
	piece := make([]byte, maxShot/4)
	for range 4 {
		_, err := l.Write(piece)
		require.NoError(t, err)
	}
	_, err := l.Write(piece[:1])
	require.ErrorIs(t, err, &codec.Error{Code: codec.TooBig})
}
