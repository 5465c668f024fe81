//go:build unix

// Windows has no FIFOs.

package transfers_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

func TestSpecialFilesInATreeAreNoted(t *testing.T) {
	h := remotetest.New(t, false)
	remotetest.Plant(t, h.Dir, map[string]string{"t/a": "1", "t/fifo": "|", "t/sub/fifo": "|", "t/sub/b": "2"})
	c := h.Client(t)
	for _, line := range []string{"GET -r t", "GET -rL t", "COPY -r t copy"} {
		got, e := c.Fails(line, codec.Partial)
		require.ElementsMatch(
			t,
			[]string{
				"not-regular t/fifo \"a pipe, which is not sent\"\n",
				"not-regular t/sub/fifo \"a pipe, which is not sent\"\n",
			},
			got.Notes,
			line,
		)
		require.Equal(t, "2", e.More[0].Value)
		files, _ := e.More.Int("files")
		require.EqualValues(t, 2, files)
	}
	c.Fails("GET -r t/fifo", codec.NotRegular)
}
