package protocol_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/shell/shelltest"
)

func TestSavedFramesArePrivateAndReplaceNothing(t *testing.T) {
	s := shelltest.NewPlain(t)
	s.Does("ping")
	s.Printed()
	require.Empty(t, s.Says("wire save frames.txt"))
	if runtime.GOOS != "windows" {
		info, err := os.Stat(filepath.Join(s.Dir, "frames.txt"))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	}
	require.Contains(t, s.Says("wire save frames.txt"), "wire: frames.txt: exists already")
	require.Contains(t, s.Says("wire show frames.txt"), " < HELO ")

	const cut = "# 1 > 2026-11-22T12:00:00.000000000Z\nverb: OK\nlength: 0\n4f 4b\n"
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "other.txt"), []byte(cut), 0o644))
	require.Contains(t, s.Says("wire show other.txt"), "wire: other.txt:1: not a record of a frame")
}

// Saved frames may contain secrets, so another user must not redirect them with a
// link.
func TestFramesAreNotSavedThroughALink(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("links need rights")
	}
	s := shelltest.NewPlain(t)
	s.Does("ping")
	s.Printed()
	require.NoError(t, os.Symlink("aim.txt", filepath.Join(s.Dir, "dangling.txt")))
	require.Contains(t, s.Says("wire save dangling.txt"), "wire: dangling.txt: exists already")
	require.NoFileExists(t, filepath.Join(s.Dir, "aim.txt"))

	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "existing.txt"), []byte("mine"), 0o600))
	require.NoError(t, os.Symlink("existing.txt", filepath.Join(s.Dir, "link.txt")))
	require.Contains(t, s.Says("wire save link.txt"), "wire: link.txt: exists already")
	b, err := os.ReadFile(filepath.Join(s.Dir, "existing.txt"))
	require.NoError(t, err)
	require.Equal(t, "mine", string(b))
}
