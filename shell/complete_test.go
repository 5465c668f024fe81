package shell

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A quoted option is a name.
func TestTabLeavesOptionsBare(t *testing.T) {
	s, _, _ := testShell(t)
	for line, want := range map[string]string{
		"get --s": "get --sum ", "find . -": "find . --", `get "My`: `get "My Documents/`, "cat n": "cat notes.txt ",
	} {
		require.Equal(t, want, s.complete(t.Context(), line, len(line)).Line)
	}
}

func TestTabCompletesTheSidesOfASync(t *testing.T) {
	s, _, _ := testShell(t)
	for _, name := range []string{"site", "My Site", "sets"} {
		require.NoError(t, os.Mkdir(filepath.Join(s.Dir, name), 0o755))
	}
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "sieve"), nil, 0o644))
	for line, want := range map[string]string{
		"sync l": "sync l:", "sync -n r": "sync -n r:", "sync l:si": "sync l:site/", "sync l:M": `sync "l:My Site/`, "sync r:lo": "sync r:logs/", `sync l:site "r:My`: `sync l:site "r:My Documents/`,
		"sync r:note": "sync r:note", "sync x:": "sync x:",
	} {
		require.Equal(t, want, s.complete(t.Context(), line, len(line)).Line, line)
	}
	require.Equal(t, []string{"l:", "r:"}, s.complete(t.Context(), "sync ", 5).List)
	require.Equal(t, []string{"sets/", "site/"}, s.complete(t.Context(), "sync r:logs l:s", 15).List)
}

func TestTabBehindAnOperatorIsForFilesHere(t *testing.T) {
	s, _, _ := testShell(t)
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "listing.txt"), nil, 0o644))
	for line, want := range map[string]string{
		"dir > li": "dir > listing.txt ", "dir logs >> li": "dir logs >> listing.txt ", "exec sort < in > li": "exec sort < in > listing.txt ",
		"dir | li": "dir | li", "dir | sort > li": "dir | sort > li", "dir > x lo": "dir > x lo", "dir lo": "dir logs/",
	} {
		require.Equal(t, want, s.complete(t.Context(), line, len(line)).Line, line)
	}
}
