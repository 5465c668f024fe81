package codectest_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec/codectest"
)

func TestFoldingTakesNamesForTheSame(t *testing.T) {
	dir := (&codectest.Folding{Fold: codectest.LowerASCII}).Mount(t)
	path := func(name string) string { return filepath.Join(dir, name) }
	require.NoError(t, os.WriteFile(path("Notes"), []byte("first"), 0o640))
	require.NoError(t, os.Mkdir(path("sub"), 0o755))
	require.NoError(t, os.Symlink("Notes", path("link")))
	require.NoError(t, os.WriteFile(path("SUB/x"), []byte("x"), 0o600))
	b, err := os.ReadFile(path("LINK"))
	require.NoError(t, err)
	require.Equal(t, "first", string(b))
	a, err := os.Lstat(path("notes"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o640), a.Mode())
	c, err := os.Lstat(path("NOTES"))
	require.NoError(t, err)
	require.True(t, os.SameFile(a, c))
	require.ErrorIs(t, os.Link(path("Notes"), path("nOtes")), os.ErrExist)
	require.NoError(t, os.Rename(path("NOTES"), path("text")))
	want := map[string]string{"text": "first", "sub/": "", "sub/x": "x", "link": "->Notes"}
	require.Equal(t, want, codectest.Harvest(t, dir))
	require.NoError(t, os.RemoveAll(path("sUB")))
	require.NoError(t, os.Remove(path("TEXT")))
	require.Equal(t, map[string]string{"link": "->Notes"}, codectest.Harvest(t, dir))
}
