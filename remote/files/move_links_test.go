package files_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

// Of two names of one file, a move to the other deletes the first, even if they differ in
// case only.
func TestMoveToAnotherLinkOfTheSameFileLeavesOne(t *testing.T) {
	for _, names := range [][2]string{{"A", "a"}, {"one", "two"}, {"x/a", "X/a"}, {"x/a", "X/A"}} {
		h := remotetest.New(t, false)
		from, to := names[0], names[1]
		h.Write(t, from, "1")
		path := filepath.Join(h.Dir, to)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		if os.Link(filepath.Join(h.Dir, from), path) != nil {
			continue // the file system does not distinguish case
		}
		c := h.Client(t)
		c.Fails("MOVE "+from+" "+to, codec.Exists)
		c.OK("MOVE -f " + from + " " + to)
		require.NoFileExists(t, filepath.Join(h.Dir, from))
		require.Equal(t, "1", h.Read(t, to))
	}
}
