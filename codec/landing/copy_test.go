package landing_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
)

// copied copies the file at path to name in dir.
func copied(t testing.TB, ctx context.Context, path, dir, name string, force bool) error {
	f := opened(t, path)
	fi, err := f.Stat()
	require.NoError(t, err)
	return landing.Copy(ctx, landing.Target{Dir: open(t, dir), Name: name, Key: "key", Force: force}, f, fi)
}

func TestCopyIsTheFileWithModeAndTime(t *testing.T) {
	when := time.Date(2001, 2, 3, 4, 5, 6, 700, time.UTC)
	for _, to := range []string{t.TempDir(), memory(t)} { // the same file system, and another
		for _, size := range []int{0, 1, 4096, 100_000, 3<<20 + 1} {
			content := noise(size)
			path := source(t, content)
			require.NoError(t, os.Chmod(path, 0o751))
			require.NoError(t, os.Chtimes(path, when, when))
			require.NoError(t, copied(t, t.Context(), path, to, "x", true))
			requireText(t, filepath.Join(to, "x"), string(content))
			fi, err := os.Stat(filepath.Join(to, "x"))
			require.NoError(t, err)
			require.Equal(t, when, fi.ModTime().UTC())
			if runtime.GOOS != "windows" {
				require.Equal(t, fs.FileMode(0o751), fi.Mode())
			}
			requireOnly(t, to, "x")
		}
	}
}

func TestCopyLandsAsAPutDoes(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, map[string]string{"old": "old", "folder/": ""})
	path := source(t, []byte("new"))
	require.ErrorIs(t, copied(t, t.Context(), path, dir, "old", false), fs.ErrExist)
	requireCode(t, copied(t, t.Context(), path, dir, "folder", true), codec.IsDirectory)
	requireCode(t, copied(t, t.Context(), path, dir, "../x", true), codec.BadName)
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	cancel(reason)
	require.ErrorIs(t, copied(t, ctx, path, dir, "x", true), reason)
	require.Equal(t, map[string]string{"old": "old", "folder/": ""}, harvest(t, dir))
	require.NoError(t, copied(t, t.Context(), path, dir, "old", true))
	require.Equal(t, map[string]string{"old": "new", "folder/": ""}, harvest(t, dir))
}

func TestCopyOfAChangedFileFails(t *testing.T) {
	dir := t.TempDir()
	path := source(t, noise(1000))
	f := opened(t, path)
	fi, err := f.Stat()
	require.NoError(t, err)
	require.NoError(t, os.Truncate(path, 500))
	requireCode(
		t, landing.Copy(t.Context(), landing.Target{Dir: open(t, dir), Name: "x", Key: "key"}, f, fi),
		codec.Changed,
	)
	requireOnly(t, dir)
}
