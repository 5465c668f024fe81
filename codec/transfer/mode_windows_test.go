package transfer_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/transfer"
)

// Windows has no modes. Those that package os makes up would let everybody on Unix write
// the files, or nobody.
func TestNoModeIsSentFromWindows(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	plant(t, from, map[string]string{"top/a": "a", "top/read only": "r", "top/sub/b": "b"})
	require.NoError(t, os.Chmod(filepath.Join(from, "top/read only"), 0o444))
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(from, "top/read only"), 0o666) })
	sent := 0
	_, err := crossTree(t, treeInto(t, to, false), from, "top", "top", transfer.Tree{}, func(s *transfer.Sender) {
		s.Begin = func(e codec.Entry) {
			sent++
			require.Equal(t, codec.Unknown, e.Mode, e.Name)
		}
	})
	require.NoError(t, err)
	require.Equal(t, 5, sent)
	require.Equal(t, harvest(t, from), harvest(t, to))
}
