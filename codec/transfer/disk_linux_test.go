package transfer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/transfer"
)

// mount mounts a file system of 1 MiB at dir.
func mount(t *testing.T, dir string, flags uintptr) {
	t.Helper()
	if err := unix.Mount("none", dir, "tmpfs", flags, "size=1m"); err != nil {
		lacks(t, "mount: ", err)
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
		requireOnly(t, dir, "old") // although the stream continues
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

// On a full disk, the files of a tree that do not fit fail. Files that were complete
// before stay, and those that are small enough are still written.
func TestFullDiskInATree(t *testing.T) {
	from, dir := t.TempDir(), t.TempDir()
	mount(t, dir, 0)
	plant(t, dir, map[string]string{"top/old": "old"})
	want := map[string]string{"top/": "", "top/old": "old", "top/small": "small"}
	large := string(noise(700_000))
	plant(t, from, map[string]string{"top/a": large, "top/b": large, "top/old": large})
	rec := treeInto(t, dir, true)
	s, err := crossTree(t, rec, from, "top", "top", transfer.Tree{})
	require.NoError(t, err)
	require.Empty(t, s.failed)
	require.Len(t, rec.failed, 2)
	for _, name := range []string{"top/a", "top/b", "top/old"} {
		if rec.failed[name] == nil {
			want[name] = large
			continue
		}
		requireCode(t, rec.failed[name], codec.NoSpace)
	}
	rec = treeInto(t, dir, true)
	require.NoError(t, rec.take(codec.FILE, "d 0755 - - top"))
	require.NoError(t, rec.file(t, "f 0644 5 - top/small", "small", crc("small")))
	rec.Flush()
	require.Empty(t, rec.failed)
	require.Equal(t, want, harvest(t, dir))
}

func TestFullDiskIsTheAnswerToAWholeTree(t *testing.T) {
	from, dir := t.TempDir(), t.TempDir()
	mount(t, dir, 0)
	what := map[string]string{}
	for i := range 400 {
		what[fmt.Sprintf("top/%d/x", i)] = string(noise(8000))
	}
	plant(t, from, what)
	rec := treeInto(t, dir, false)
	_, err := crossTree(t, rec, from, "top", "top", transfer.Tree{})
	require.NoError(t, err)
	require.NotEmpty(t, rec.failed)
	require.NotZero(t, rec.Files)
	for name, err := range rec.failed {
		requireCode(t, err, codec.NoSpace)
		require.NotContains(t, rec.landed, name)
	}
	have := harvest(t, dir)
	for name := range rec.landed {
		require.Equal(t, what[name], have[name])
	}
	for name := range have {
		require.False(t, landing.IsPart(filepath.Base(name)), name)
	}
}

func TestTreeIntoAFolderThatMayNotBeWrittenIsNotAllowed(t *testing.T) {
	from, dir := t.TempDir(), t.TempDir()
	mount(t, dir, unix.MS_RDONLY)
	plant(t, from, map[string]string{"top/a": "a", "top/b/c": "c"})
	rec := treeInto(t, dir, false)
	_, err := crossTree(t, rec, from, "top", "top", transfer.Tree{})
	require.NoError(t, err)
	require.Len(t, rec.failed, 1)
	requireCode(t, rec.failed["top"], codec.NotAllowed)
}

// A tree that spans two file systems is flushed on both.
func TestTreeOverTwoFileSystems(t *testing.T) {
	from, dir := t.TempDir(), t.TempDir()
	plant(t, from, map[string]string{"top/a": "a", "top/other/b": "b", "top/c/d": "d"})
	plant(t, dir, map[string]string{"top/other/": ""})
	mount(t, filepath.Join(dir, "top", "other"), 0)
	rec := treeInto(t, dir, false)
	_, err := crossTree(t, rec, from, "top", "top", transfer.Tree{})
	require.NoError(t, err)
	require.Empty(t, rec.failed)
	require.Equal(t, harvest(t, from), harvest(t, dir))
}

// Only a few of the folders of a tree are open at a time.
func TestTreeHoldsFewFoldersOpen(t *testing.T) {
	handles := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		require.NoError(t, err)
		return len(list)
	}
	rec := treeInto(t, memory(t), false)
	before, most := handles(), 0
	require.NoError(t, rec.take(codec.FILE, "d 0755 - - top"))
	for i := range 1000 {
		require.NoError(t, rec.take(codec.FILE, fmt.Sprintf("d 0755 - - top/%d", i)))
		require.NoError(t, rec.file(t, fmt.Sprintf("f 0644 3 - top/%d/x", i), "abc", crc("abc")))
		most = max(most, handles())
	}
	rec.Flush()
	require.Empty(t, rec.failed)
	require.EqualValues(t, 1000, rec.Files)
	require.Less(t, most, before+300)
	require.LessOrEqual(t, handles(), before, "all are closed")
}
