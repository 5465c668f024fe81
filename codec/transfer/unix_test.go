//go:build unix

package transfer_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/codec"
	"techsh/codec/transfer"
)

func TestTargetsThatAreNoRegularFilesAreRefused(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "aim"), []byte("old"), 0o600))
	require.NoError(t, os.Symlink("aim", filepath.Join(dir, "link")))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(dir, "dangling")))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "folder"), 0o700))
	require.NoError(t, unix.Mkfifo(filepath.Join(dir, "fifo"), 0o600))
	names := []string{"aim", "link", "dangling", "folder", "fifo"}
	want := map[string]codec.Code{
		"link": codec.NotRegular, "dangling": codec.NotRegular, "folder": codec.IsDirectory,
		"fifo": codec.NotRegular,
	}
	if err := unix.Mknod(filepath.Join(dir, "device"), unix.S_IFCHR|0o600, int(unix.Mkdev(1, 3))); err == nil {
		names, want["device"] = append(names, "device"), codec.NotRegular
	}
	for name, code := range want {
		for _, force := range []bool{false, true} {
			rec := into(t, dir, force)
			require.NoError(t, rec.file(t, "f 0644 3 - "+name, "new", "none"))
			requireCode(t, rec.failed[name], code)
		}
	}
	requireText(t, filepath.Join(dir, "aim"), "old")
	requireOnly(t, dir, names...)
}

func TestSpecialBitsAreStripped(t *testing.T) {
	dir := t.TempDir()
	rec := into(t, dir, true)
	require.NoError(t, rec.file(t, "f 1755 3 - x", "abc", "none"))
	fi, err := os.Stat(filepath.Join(dir, "x"))
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o755), fi.Mode())
	require.NoError(t, unix.Chmod(filepath.Join(dir, "x"), 0o6755)) // a replaced file loses these bits too
	require.NoError(t, rec.file(t, "f 0644 3 - x", "abd", "none"))
	fi, err = os.Stat(filepath.Join(dir, "x"))
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o755), fi.Mode())
	require.NoError(t, rec.file(t, "f - 3 - y", "abc", "none"))
	fi, err = os.Stat(filepath.Join(dir, "y"))
	require.NoError(t, err)
	require.Equal(t, fs.FileMode(0o644), fi.Mode())
}

func TestReplacedFileKeepsItsOwner(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may write what is another's")
	}
	dir, from := t.TempDir(), t.TempDir()
	plant(t, from, map[string]string{"top/theirs": "new", "top/ours": "new"})
	for _, parent := range []string{dir, filepath.Join(dir, "top")} { // the file alone, and in a tree
		plant(t, parent, map[string]string{"theirs": "old", "ours": "old"})
		require.NoError(t, os.Chown(filepath.Join(parent, "theirs"), 1234, 4321))
		require.NoError(t, os.Chmod(filepath.Join(parent, "theirs"), 0o640))
	}
	rec := into(t, dir, true)
	require.NoError(t, rec.file(t, "f 0755 3 - theirs", "new", "none"))
	require.NoError(t, rec.file(t, "f 0755 3 - ours", "new", "none"))
	require.Empty(t, rec.failed)
	tree := treeInto(t, dir, true)
	_, err := crossTree(t, tree, from, "top", "top", transfer.Tree{})
	require.NoError(t, err)
	require.Empty(t, tree.failed)
	for name, want := range map[string][2]uint32{
		"theirs": {1234, 4321}, "top/theirs": {1234, 4321}, "ours": {0, 0}, "top/ours": {0, 0},
	} {
		requireText(t, filepath.Join(dir, name), "new")
		var st unix.Stat_t
		require.NoError(t, unix.Stat(filepath.Join(dir, name), &st))
		require.Equal(t, want, [2]uint32{st.Uid, st.Gid}, name)
		if want[0] == 1234 {
			require.EqualValues(t, 0o640, st.Mode&0o7777, name)
		}
	}
}

// A link has a time of its own.
func TestLinksKeepTheirTimes(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	plant(
		t, from,
		map[string]string{
			"top/new": "->aim", "top/other": "->aim", "top/dangling": "->nowhere", "top/aim": "text",
		},
	)
	plant(t, to, map[string]string{"top/other": "->elsewhere", "one": "old"})
	when := time.Date(2001, 2, 3, 4, 5, 6, 700, time.UTC)
	at := unix.NsecToTimespec(when.UnixNano())
	names := []string{"top/new", "top/other", "top/dangling"}
	for _, name := range names {
		require.NoError(
			t,
			unix.UtimesNanoAt(
				unix.AT_FDCWD, filepath.Join(from, name), []unix.Timespec{at, at},
				unix.AT_SYMLINK_NOFOLLOW,
			),
		)
	}
	rec := treeInto(t, to, true)
	_, err := crossTree(t, rec, from, "top", "top", transfer.Tree{})
	require.NoError(t, err)
	_, err = crossTree(t, rec, from, "top/new", "one", transfer.Tree{}) // the top of a stream
	require.NoError(t, err)
	require.Empty(t, rec.failed)
	for _, name := range append(names, "one") {
		fi, err := os.Lstat(filepath.Join(to, name))
		require.NoError(t, err)
		require.Equal(t, fs.ModeSymlink, fi.Mode().Type(), name)
		require.Equal(t, when, fi.ModTime().UTC(), name)
	}
	fi, err := os.Stat(filepath.Join(to, "top/new"))
	require.NoError(t, err)
	require.NotEqual(t, when, fi.ModTime().UTC())
}
