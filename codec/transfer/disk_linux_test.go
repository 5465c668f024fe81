package transfer_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/codec"
)

// mount puts a disk of 1 MiB at dir.
func mount(t *testing.T, dir string, flags uintptr) {
	t.Helper()
	if err := unix.Mount("none", dir, "tmpfs", flags, "size=1m"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("mount: ", err)
		}
		t.Skip("mount: ", err)
	}
	t.Cleanup(func() { require.NoError(t, unix.Unmount(dir, 0)) })
}

func TestFullDiskLeavesNothingAndTheNextFileLands(t *testing.T) {
	dir := t.TempDir()
	mount(t, dir, 0)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "old"), []byte("old"), 0o600))
	for _, name := range []string{"new", "old"} {
		rec := into(t, dir, true)
		require.NoError(t, rec.take(codec.FILE, "f 0644 2097152 - "+name))
		for range 8 {
			require.NoError(t, rec.take(codec.DATA, string(make([]byte, 256<<10))))
		}
		requireOnly(t, dir, "old") // although the stream goes on
		require.NoError(t, rec.take(codec.SUM, "none"))
		requireCode(t, rec.failed[name], codec.NoSpace)
		requireText(t, filepath.Join(dir, "old"), "old")
		require.NoError(t, rec.file(t, "f 0644 3 - small", "abc", "none"))
		requireText(t, filepath.Join(dir, "small"), "abc")
		require.NoError(t, os.Remove(filepath.Join(dir, "small")))
	}
}

func TestFolderThatMayNotBeWrittenIsNotAllowed(t *testing.T) {
	dir := t.TempDir()
	mount(t, dir, unix.MS_RDONLY)
	rec := into(t, dir, true)
	require.NoError(t, rec.file(t, "f 0644 3 - x", "abc", "none"))
	requireCode(t, rec.failed["x"], codec.NotAllowed)
}
