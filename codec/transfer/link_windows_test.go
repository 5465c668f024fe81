package transfer_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func TestALinkToAFolderThatComesLater(t *testing.T) {
	dir := t.TempDir()
	if !makesLinks(t) {
		lacks(t, "this system, or this user, cannot make links")
	}
	for _, force := range []bool{false, true, true} {
		rec := treeInto(t, dir, force)
		require.NoError(t, rec.take(codec.FILE, "d - - - top"))
		require.NoError(t, rec.take(codec.FILE, "d - - - top/a"))
		require.NoError(t, rec.take(codec.FILE, "l - - - top/a/to-b ../b folder=yes"))
		require.NoError(t, rec.take(codec.FILE, "l - - - top/a/to-x ../b/x"))
		require.NoError(t, rec.take(codec.FILE, "d - - - top/b"))
		require.NoError(t, rec.file(t, "f - - - top/b/x", "text", crc("text")))
		rec.Flush()
		require.Empty(t, rec.failed)
		for _, path := range []string{"top/a/to-b/x", "top/a/to-x"} {
			requireText(t, filepath.Join(dir, path), "text")
		}
		target, err := os.Readlink(filepath.Join(dir, "top/a/to-b"))
		require.NoError(t, err)
		require.Equal(t, `..\b`, target)
	}
}
