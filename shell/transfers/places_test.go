package transfers_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/shell/shelltest"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/remote"
)

// all returns the contents of the files below dir by path.
func all(t *testing.T, dir string) map[string]string {
	what := map[string]string{}
	require.NoError(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		require.NoError(t, err)
		if d.Type().IsRegular() {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			what[path] = string(text)
		} else {
			what[path] = d.Type().String()
		}
		return nil
	}))
	return what
}

// The server is on the same computer, and its folder is the local folder.
func TestNothingIsCopiedOntoOrIntoItself(t *testing.T) {
	s := shelltest.NewPlain(t)
	s.Dir = s.Tree
	require.NoError(t, os.MkdirAll(filepath.Join(s.Tree, "a/b/c"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(s.Tree, "a/b/f"), []byte("f"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(s.Tree, "file"), []byte("file"), 0o644))
	require.NoError(t, os.Symlink("a", filepath.Join(s.Tree, "door")))
	before := all(t, s.Tree)
	for _, line := range []string{
		"sync --delete r:a l:.", "sync --delete l:a r:.", "sync --delete r:. l:a",
		"sync --delete l:. r:a", "sync r:a l:a", "sync l:a r:door", "sync r:door l:a",
		"sync l:. r:a/new", "sync r:a l:a/b/new", "sync -n r:a l:a/b",
		"get -r . a", "get -rf . a", "get -r a", "get -rf a .", "get -r a a", "get -r . a/new",
		"get -r . a/b/c", "get -rf door/b a", "get -r . .", "get -rf ../*",
		"get file", "get -f file", "get -f file file", "get -f file .", "get -f fil*",
		"get -f a/b/f notes.txt a/b",
		"put -r . a", "put -rf . a", "put -r a", "put -rf a .", "put -r a a", "put -r . a/new",
		"put -r . a/b/c", "put -rf door/b a", "put -rf * .",
		"put -f file", "put -f file file", "put -f file .", "put -f fil*", "put -f a/b/f notes.txt a/b",
	} {
		err := s.Run(line)
		require.ErrorIs(t, err, &codec.Error{Code: codec.BadRequest}, "%s: %s", line, s.Printed())
		require.Equal(t, before, all(t, s.Tree), line)
	}
	for _, line := range []string{
		"get -r a x1", "get -r a/. x2", "get -f file x3", "put -r a x4", "put -r a/. x5",
		"put -f file x6", "sync r:a l:x7", "sync l:a r:x8", "sync --delete r:x7 l:x8",
		"get -r a x1", "put -f file x1",
		"get -rf a/b/. a", "put -rf a/b/. a", // the contents of a folder may go into its parent
	} {
		require.NoError(t, s.Run(line), "%s: %s", line, s.Printed())
	}
}

// On another computer, or in a jail, the same names are other files.
func TestSameNamesOnAnotherComputerAreOtherFiles(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "jail", dir, "a"), 0o755))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "a"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "jail", dir, "a/f"), []byte("f"), 0o644))
	s, _ := shelltest.NewPaired(t, &remote.Server{Root: filepath.Join(dir, "jail")}, trust.AllRights)
	s.Dir = dir
	require.NoError(t, s.Run(`cd "`+dir+`"`), s.Printed())
	require.NoError(t, s.Run("sync --delete r:a l:a"), s.Printed())
	require.NoError(t, s.Run("get -rf a"), s.Printed())
	require.NoError(t, s.Run("put -rf a"), s.Printed())
	require.Equal(t, "f", all(t, dir)[filepath.Join(dir, "a/f")])
}
