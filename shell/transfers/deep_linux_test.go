package transfers_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/shell/shelltest"
)

// plantDeep makes a folder with as many folders, each in the one before, each with a file.
func plantDeep(t *testing.T, dir, top string, levels int) {
	t.Helper()
	require.NoError(t, os.Mkdir(filepath.Join(dir, top), 0o755))
	at, err := os.OpenRoot(filepath.Join(dir, top))
	require.NoError(t, err)
	for range levels {
		require.NoError(t, at.WriteFile("f", []byte("1"), 0o600))
		require.NoError(t, at.Mkdir("d", 0o755))
		next, err := at.OpenRoot("d/.")
		require.NoError(t, err)
		at.Close()
		at = next
	}
	require.NoError(t, at.WriteFile("f", []byte("1"), 0o600))
	at.Close()
}

func limitDescriptors(t *testing.T, most uint64) {
	t.Helper()
	var old unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &old))
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: most, Max: old.Max}))
	t.Cleanup(func() { require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &old)) })
}

func TestSyncDeletesLocalTreesOfAnyDepth(t *testing.T) {
	s := shelltest.NewPlain(t)
	require.NoError(t, os.MkdirAll(filepath.Join(s.Tree, "box"), 0o755))
	require.NoError(t, os.Mkdir(filepath.Join(s.Dir, "box"), 0o755))
	limitDescriptors(t, 300)
	plantDeep(t, filepath.Join(s.Dir, "box"), "deep", 3000)
	require.Equal(t, "sync: box: delete 3001 files in 3001 folders, 2.9 KiB, on the local side\n",
		s.Says("sync --delete r:box l:box"))
	require.Equal(t, []string{"box/"}, shelltest.Everything(t, s.Dir))
}

// Paths on the remote may have up to 4096 bytes.
func TestSyncDeletesRemoteTreesOfAnyDepth(t *testing.T) {
	s := shelltest.NewPlain(t)
	require.NoError(t, os.MkdirAll(filepath.Join(s.Dir, "box"), 0o755))
	box := filepath.Join(s.Tree, "box")
	require.NoError(t, os.Mkdir(box, 0o755))
	plantDeep(t, box, "a", 1000)
	require.NoError(t, os.CopyFS(filepath.Join(s.Dir, "box/a"), os.DirFS(filepath.Join(box, "a"))))
	lowest := strings.Repeat("d/", 998)
	require.NoError(t, os.RemoveAll(filepath.Join(s.Dir, "box/a", lowest, "d")))
	require.NoError(t, os.Remove(filepath.Join(s.Dir, "box/a/d/f")))
	limitDescriptors(t, 300)
	require.Contains(t, s.Says("sync --delete l:box r:box"),
		"sync: box: delete 3 files in 2 folders, 3 B, on the remote side\n")
	require.NoFileExists(t, filepath.Join(box, "a/d/f"))
	require.DirExists(t, filepath.Join(box, "a", lowest))
	require.NoDirExists(t, filepath.Join(box, "a", lowest, "d"))
}
