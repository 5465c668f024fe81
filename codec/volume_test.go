package codec_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func TestUsedPercentLeavesOutWhatIsReserved(t *testing.T) {
	for line, want := range map[string]int64{
		"/ ext4 1000 290 used=70":  20, // 640 are reserved
		"/ ext4 1000 290":          71, // from a server that does not tell what is used
		"/ ext4 1000 0 used=940":   100,
		"/ ext4 1000 999 used=1":   1,
		"/ ext4 1000 998 used=3":   1,
		"/ ext4 1000 800 used=201": 21,
		"/ ext4 1000 1000 used=0":  0,
		"/ ext4 1000 - used=10":    codec.Unknown,
		"/ ext4 - 10":              codec.Unknown,
		"/ ext4 0 0 used=0":        codec.Unknown,
		"/ nfs 10 9223372036854775807 used=9223372036854775807": 50,
	} {
		v, err := codec.ParseVolume(line)
		require.NoError(t, err, line)
		require.Equal(t, want, v.UsedPercent(), line)
	}
}
