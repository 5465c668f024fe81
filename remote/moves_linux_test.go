package remote_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

// In /sys nobody deletes anything.
func TestMoveOfWhatCannotBeDeletedSaysThatACopyStays(t *testing.T) {
	h := newHelped(t, false)
	c := h.client(t)
	for name, from := range map[string]string{"file": "/sys/kernel/notes", "link": "/sys/class/net/lo"} {
		if _, err := os.Lstat(from); err != nil {
			lacks(t, err)
		}
		_, e := c.fails("MOVE "+from+" "+name, codec.NotAllowed)
		require.Equal(t, "the source is whole; what was copied stays too", e.Hint, from)
		_, err := os.Lstat(from)
		require.NoError(t, err)
		_, err = os.Lstat(filepath.Join(h.dir, name))
		require.NoError(t, err)
	}
}
