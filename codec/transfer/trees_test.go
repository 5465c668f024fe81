package transfer_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/transfer"
)

func TestTreeIsMergedWithAnExistingFolder(t *testing.T) {
	for _, force := range []bool{false, true} {
		from, to := t.TempDir(), t.TempDir()
		plant(
			t, from,
			map[string]string{
				"top/a": "new", "top/b": "b", "top/sub/c": "c", "top/l": "->new", "top/file": "x",
			},
		)
		plant(
			t, to,
			map[string]string{
				"top/a": "old", "top/other": "o", "top/sub/d": "d", "top/l": "->old", "top/file/": "",
			},
		)
		require.NoError(t, os.Chmod(filepath.Join(to, "top"), 0o711))
		require.NoError(t, os.Chmod(filepath.Join(to, "top/a"), 0o640))
		rec := treeInto(t, to, force)
		_, err := crossTree(t, rec, from, "top", "top", transfer.Tree{})
		require.NoError(t, err)
		want := map[string]string{
			"top/": "", "top/a": "old", "top/b": "b", "top/other": "o", "top/sub/": "",
			"top/sub/c": "c", "top/sub/d": "d", "top/l": "->old", "top/file/": "",
		}
		requireCode(t, rec.failed["top/file"], codec.IsDirectory)
		if force {
			want["top/a"], want["top/l"] = "new", "->new"
			require.Len(t, rec.failed, 1)
		} else {
			require.ErrorIs(t, rec.failed["top/a"], fs.ErrExist)
			require.ErrorIs(t, rec.failed["top/l"], fs.ErrExist)
			require.Len(t, rec.failed, 3)
		}
		require.Equal(t, want, harvest(t, to))
		if runtime.GOOS != "windows" {
			for name, mode := range map[string]os.FileMode{"top": 0o711, "top/a": 0o640} {
				fi, err := os.Stat(filepath.Join(to, name))
				require.NoError(t, err)
				require.Equal(t, mode, fi.Mode().Perm(), name)
			}
		}
	}
}

// Files outside of trees are often many and small, so they are flushed together too.
func TestFilesBesideTreesLand(t *testing.T) {
	dir := t.TempDir()
	plant(t, dir, map[string]string{"old": "old"})
	rec := treeInto(t, dir, false)
	for _, name := range []string{"a", "b", "old", "a"} {
		require.NoError(t, rec.file(t, "f 0600 3 - "+name, "abc", crc("abc")))
	}
	require.NoError(t, rec.take(codec.FILE, "d 0755 - - sub"))
	require.NoError(t, rec.file(t, "f 0600 3 - sub/c", "abc", crc("abc")))
	require.NoError(t, rec.file(t, "f 0600 3 - d", "abc", crc("abc")))
	require.NoError(t, rec.file(t, "f 0600 3 - sub/e", "abc", crc("abc"))) // the stream has already left sub
	rec.Flush()
	requireCode(t, rec.failed["old"], codec.Exists)
	requireCode(t, rec.failed["a"], codec.Exists)
	requireCode(t, rec.failed["sub/e"], codec.BadName)
	require.Equal(
		t,
		map[string]string{"a": "abc", "b": "abc", "d": "abc", "old": "old", "sub/": "", "sub/c": "abc"},
		harvest(t, dir),
	)
	require.EqualValues(t, 4, rec.Files)
}

// A tree that is abandoned leaves no part files behind. When a tree is interrupted, its
// complete files are placed.
func TestTreeThatBreaksOff(t *testing.T) {
	for name, by := range map[string]struct {
		end  func(*received)
		want map[string]string
	}{
		"given up": {func(r *received) { r.Close() }, map[string]string{"top/": "", "top/sub/": ""}},
		"ended all the same": {
			func(r *received) { r.Flush(); require.True(t, r.Open()) },
			map[string]string{"top/": "", "top/sub/": "", "top/a": "abc", "top/sub/b": "abc"},
		},
		"broken off": {
			func(r *received) { r.Leave() },
			map[string]string{"top/": "", "top/sub/": "", "top/a": "abc", "top/sub/b": "abc"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			rec := treeInto(t, dir, false)
			require.NoError(t, rec.take(codec.FILE, "d 0755 - - top"))
			require.NoError(t, rec.file(t, "f 0644 3 - top/a", "abc", crc("abc")))
			require.NoError(t, rec.take(codec.FILE, "d 0755 - - top/sub"))
			require.NoError(t, rec.file(t, "f 0644 3 - top/sub/b", "abc", crc("abc")))
			require.NoError(t, rec.take(codec.FILE, "f 0644 3 - top/c"))
			require.NoError(t, rec.take(codec.DATA, "ab"))
			by.end(rec)
			rec.Close()
			require.Equal(t, by.want, harvest(t, dir))
			require.Empty(t, rec.failed)
		})
	}
}

func TestTreeWithSHA256(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	plant(t, from, map[string]string{"top/a": "a", "top/empty": "", "top/large": string(noise(700_000))})
	rec := treeInto(t, to, false)
	s, err := crossTree(t, rec, from, "top", "top", transfer.Tree{}, func(s *transfer.Sender) {
		s.SHA256 = true
		s.Begin = func(e codec.Entry) {
			sum, _ := e.More.Get("sum")
			require.Equal(t, e.Kind == codec.Regular, sum == "sha256")
		}
	})
	require.NoError(t, err)
	require.Empty(t, rec.failed)
	require.Equal(t, harvest(t, from), harvest(t, to))
	require.Contains(t, s.Sum, " sha256=")
	require.Contains(t, rec.Sum, " sha256=")
}

// Two streams write the same tree at once. Each file comes completely from one of them,
// and fails for the other.
func TestTwoTreesOfOneNameAtOnce(t *testing.T) {
	for _, force := range []bool{false, true} {
		dir := t.TempDir()
		one, two := treeInto(t, dir, force), treeInto(t, dir, force)
		for _, rec := range []*received{one, two} {
			require.NoError(t, rec.take(codec.FILE, "d 0755 - - top"))
		}
		for i := range 5 {
			for _, rec := range []*received{one, two} {
				require.NoError(t, rec.take(codec.FILE, fmt.Sprintf("f 0644 3 - top/%d", i)))
			}
			require.NoError(t, one.take(codec.DATA, "one"))
			require.NoError(t, two.take(codec.DATA, "two"))
			require.NoError(t, one.take(codec.SUM, crc("one")))
			require.NoError(t, two.take(codec.SUM, crc("two")))
		}
		two.Flush()
		one.Flush()
		want := map[string]string{"top/": ""}
		for i := range 5 {
			name := fmt.Sprintf("top/%d", i)
			want[name] = "one"
			if !force {
				want[name] = "two"
				require.ErrorIs(t, one.failed[name], fs.ErrExist)
			}
		}
		require.Empty(t, two.failed)
		require.Equal(t, want, harvest(t, dir))
	}
}

// A folder without a name of its own goes into the target itself.
func TestFolderCalledDotGoesIntoItsTarget(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	plant(t, from, map[string]string{"a": "text", "sub/b": "b", "sub/c/": ""})
	plant(t, to, map[string]string{"there": "already"})
	rec := treeInto(t, to, false)
	_, err := crossTree(t, rec, from, ".", ".", transfer.Tree{})
	require.NoError(t, err)
	require.Empty(t, rec.failed)
	require.Equal(
		t, map[string]string{"a": "text", "sub/": "", "sub/b": "b", "sub/c/": "", "there": "already"},
		harvest(t, to),
	)
}
