package files_test

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

// . and .. mean the folder that one is in, or one above it.
func TestNothingIsDeletedOrMovedThatIsCalledByDots(t *testing.T) {
	paths := []string{
		".", "..", "./", "../", "..//", "./.", "../.", "in/.", "in/..", "in/../", "in/./.", "in/../..", "*/..", "*/.",
		"**/..", "none/..", "../box/in/..", "~/.", "~/..", "~/../.", "/.", "/..", "link/..", "link/.",
	}
	if runtime.GOOS == "windows" {
		paths = append(paths, `.\`, `..\`, `in\..`, `in\..\`, `in\.`, `*\..`, "...", ".. ", ". .")
	}
	h := remotetest.New(t, false)
	h.Write(t, "box/in/file", "1")
	require.NoError(t, os.Mkdir(filepath.Join(h.Dir, "target"), 0o700))
	if runtime.GOOS != "windows" { // where links need a privilege
		require.NoError(t, os.Symlink("in", filepath.Join(h.Dir, "box/link")))
	}
	c := h.Client(t)
	c.OK("CD box")
	for _, path := range paths {
		for _, line := range []string{
			"DEL -r " + path, "DEL -rf " + path, "DEL -r --really " + path, "DU --path " + path,
			"MOVE " + path + " ../target", "MOVE -f " + path + " ../new",
		} {
			quoted := line // a path with a space
			if path == ".. " || path == ". ." {
				quoted = line[:len(line)-len(path)] + codec.Quote(codec.Lit(path))
			}
			_, err := c.Call(t.Context(), remotetest.NewRequest(t, quoted))
			require.Error(t, err, line)
			require.FileExists(t, filepath.Join(h.Dir, "box/in/file"), line)
			if e := codec.Explain("", err); e.Code != codec.Partial && e.Code != codec.NotFound {
				require.Equal(t, codec.NotAllowed, e.Code, "%s: %v", line, err)
			}
		}
	}
	c.Fails("MOVE in/file none/.", codec.NotFound)
	if runtime.GOOS == "windows" {
		return
	}
	for _, line := range []string{"DEL in/file/", "DEL -r in/file/", "MOVE in/file/ x"} {
		c.Fails(line, codec.NotDirectory)
	}
	c.OK("DEL link")
	require.NoError(t, os.Mkdir(filepath.Join(h.Dir, "box/..."), 0o700)) // is a name like any other
	c.OK("DEL -r ... in/")
}
