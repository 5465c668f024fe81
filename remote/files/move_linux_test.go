package files_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

// Files in /sys cannot be deleted.
func TestMoveReportsASourceThatCannotBeDeleted(t *testing.T) {
	h := remotetest.New(t, false)
	c := h.Client(t)
	for name, from := range map[string]string{"file": "/sys/kernel/notes", "link": "/sys/class/net/lo"} {
		if _, err := os.Lstat(from); err != nil {
			remotetest.SkipWithout(t, err)
		}
		_, e := c.Fails("MOVE "+from+" "+name, codec.NotAllowed)
		require.Equal(t, "the source is whole; what was copied stays too", e.Hint, from)
		_, err := os.Lstat(from)
		require.NoError(t, err)
		_, err = os.Lstat(filepath.Join(h.Dir, name))
		require.NoError(t, err)
	}
}
