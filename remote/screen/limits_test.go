package screen_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/screen"
)

func TestPictureHasAtMost100MegapixelsAnd64MiB(t *testing.T) {
	const pixels, bytes = 104857600, 67108864
	for more := -1; more <= 1; more++ {
		for _, err := range []error{screen.CheckPicture(pixels+more, 1), screen.CheckPicture(1, bytes+more)} {
			if more == 1 {
				require.ErrorIs(t, err, &codec.Error{Code: codec.TooBig})
			} else {
				require.NoError(t, err)
			}
		}
	}
}
