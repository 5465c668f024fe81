//go:build unix

package files_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/codec"
	"techsh/remote/files"
	"techsh/remote/remotetest"
)

// otherFileSystem returns a folder on another file system than that of h.
func otherFileSystem(h *remotetest.Remote, t *testing.T) string {
	var here, there unix.Stat_t
	require.NoError(t, unix.Stat(h.Dir, &here))
	dir, err := os.MkdirTemp("/dev/shm", "techsh")
	if err == nil {
		t.Cleanup(func() { os.RemoveAll(dir) })
		err = unix.Stat(dir, &there)
	}
	if err != nil || here.Dev == there.Dev {
		remotetest.SkipWithout(t, "there is no other file system: ", err)
	}
	return dir
}

func TestFilesAndLinksMoveToAnotherFileSystem(t *testing.T) {
	h := remotetest.New(t, false)
	there := otherFileSystem(h, t)
	h.Furnish(t)
	c := h.Client(t)
	c.OK("MOVE hello.txt " + there)
	b, err := os.ReadFile(filepath.Join(there, "hello.txt"))
	require.NoError(t, err)
	require.Equal(t, "hello, world\n", string(b))
	require.NoFileExists(t, filepath.Join(h.Dir, "hello.txt"))
	c.OK(`MOVE "a link" ` + there)
	to, err := os.Readlink(filepath.Join(there, "a link"))
	require.NoError(t, err)
	require.Equal(t, "hello.txt", to)
	_, err = os.Lstat(filepath.Join(h.Dir, "a link"))
	require.ErrorIs(t, err, fs.ErrNotExist)
	h.Write(t, "hello.txt", "new\n")
	c.Fails("MOVE hello.txt "+there, codec.Exists)
	c.OK("MOVE -f hello.txt " + there)
	require.NoError(t, unix.Mkfifo(filepath.Join(h.Dir, "pipe"), 0o600))
	c.Fails("MOVE pipe "+there, codec.Unsupported)
}

func TestFoldersMoveToAnotherFileSystem(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		there := otherFileSystem(h, t)
		h.Write(t, "tree/.techsh-part-0123456789ab31c5", "part") // a part file is neither listed nor moved
		remotetest.GardenTree(t, filepath.Join(h.Dir, "tree"))
		// otherwise only root can move its contents
		require.NoError(t, os.Chmod(filepath.Join(h.Dir, "tree/sub/deep/deeper"), 0o700))
		want := remotetest.TreeState(t, filepath.Join(h.Dir, "tree"))
		delete(want, ".techsh-part-0123456789ab31c5")
		h.Write(t, "other/x", "x")
		c := h.Client(t)
		c.OK("MOVE tree other " + there)
		require.Equal(t, want, remotetest.TreeState(t, filepath.Join(there, "tree")))
		require.FileExists(t, filepath.Join(there, "other/x"))
		require.NoFileExists(t, filepath.Join(h.Dir, "tree"))
		require.NoFileExists(t, filepath.Join(h.Dir, "other"))
		c.OK("MOVE " + there + "/tree back")
		require.Equal(t, want, remotetest.TreeState(t, filepath.Join(h.Dir, "back")))

		h.Write(t, "full/x", "mine")
		require.NoError(t, os.MkdirAll(filepath.Join(there, "full"), 0o755))
		for _, line := range []string{"MOVE full ", "MOVE -f full "} {
			c.Fails(line+there, codec.Exists)
		}
		require.Equal(t, "mine", h.Read(t, "full/x"))
	})
}

func TestFolderThatCannotMoveCompletelyStays(t *testing.T) {
	h := remotetest.New(t, false)
	there := otherFileSystem(h, t)
	remotetest.Plant(t, h.Dir, map[string]string{"t/a": "a", "t/pipe": "|", "t/sub/b": "b", "t/sub/link": "@b"})
	before := remotetest.TreeState(t, filepath.Join(h.Dir, "t"))
	c := h.Client(t)
	got, e := c.Fails("MOVE t "+there, codec.Partial)
	require.Len(t, got.Notes, 1)
	require.Contains(t, got.Notes[0], "not-regular t/pipe")
	require.Equal(t, "the source is whole; what was copied stays too", e.Hint)
	require.Equal(t, before, remotetest.TreeState(t, filepath.Join(h.Dir, "t")))
	require.FileExists(t, filepath.Join(there, "t/sub/b"))
	require.NoError(t, os.RemoveAll(filepath.Join(there, "t")))
	got, _ = c.Fails("MOVE t t nova "+there, codec.Partial) // of several sources, each has a note of its own
	require.Contains(t, strings.Join(got.Notes, ""), "partial t ")
	require.Equal(t, before, remotetest.TreeState(t, filepath.Join(h.Dir, "t")))
}

func TestMoveThatIsCancelledLosesNothing(t *testing.T) {
	h := remotetest.New(t, false)
	there := otherFileSystem(h, t)
	remotetest.Plant(t, h.Dir, map[string]string{"t/a": "a", "t/z": "z"})
	h.Sparse(t, "t/big")
	r := h.Raw(t)
	r.Say(t, "MOVE", "t", there)
	remotetest.Eventually(t, "the copy does not begin", func() bool {
		parts, err := filepath.Glob(filepath.Join(there, "t/.techsh-part-*"))
		return err == nil && len(parts) > 0
	})
	r.Say(t, "STOP")
	require.True(t, strings.HasPrefix(r.Next(t).Body, "cancelled "))
	list, err := os.ReadDir(filepath.Join(h.Dir, "t"))
	require.NoError(t, err)
	require.Len(t, list, 3)
	parts, err := filepath.Glob(filepath.Join(there, "t/.techsh-part-*"))
	require.NoError(t, err)
	require.Empty(t, parts)
}

// The contents of a folder may change between copying and deleting.
func TestOnlyCopiedFilesAreDeleted(t *testing.T) {
	h := remotetest.New(t, false)
	h.Server.Verbs = append(h.Server.Verbs, files.DiscardRow())
	from, to := filepath.Join(h.Dir, "from"), filepath.Join(h.Dir, "to")
	old := time.Unix(1_700_000_000, 5)
	both := map[string]string{
		"t/same":     "1",
		"t/grown":    "1",
		"t/touched":  "1",
		"t/sub/same": "1",
		"t/sub/link": "@x",
		"t/gone/x":   "",
		"t/turned":   "1",
	}
	for _, dir := range []string{from, to} {
		remotetest.Plant(t, dir, both)
		for name := range both {
			if name != "t/sub/link" {
				require.NoError(t, os.Chtimes(filepath.Join(dir, name), old, old))
			}
		}
	}
	require.NoError(t, os.RemoveAll(filepath.Join(from, "t/gone"))) // another program has deleted it
	require.NoError(t, os.Remove(filepath.Join(from, "t/turned")))
	remotetest.Plant(
		t,
		from,
		map[string]string{"t/new": "1", "t/newfolder/x": "1", "t/sub/new": "1", "t/turned/x": "1"},
	)
	h.Write(t, "from/t/grown", "12")
	require.NoError(t, os.Chtimes(filepath.Join(from, "t/grown"), old, old))
	require.NoError(t, os.Chtimes(filepath.Join(from, "t/touched"), old, old.Add(time.Second)))
	copied := remotetest.TreeState(t, to)
	got, e := h.Client(t).Fails("DISC from/t to/t", codec.Partial)
	n, _ := e.More.Int("failed")
	require.EqualValues(t, 6, n)
	var left, stays []string
	for _, note := range got.Notes {
		left = append(left, strings.Fields(note)[1])
	}
	require.ElementsMatch(
		t,
		[]string{
			"from/t/new",
			"from/t/newfolder",
			"from/t/sub/new",
			"from/t/grown",
			"from/t/touched",
			"from/t/turned",
		},
		left,
	)
	for name := range remotetest.TreeState(t, from) {
		stays = append(stays, name)
	}
	require.ElementsMatch(
		t,
		[]string{
			".",
			"t",
			"t/grown",
			"t/new",
			"t/newfolder",
			"t/newfolder/x",
			"t/sub",
			"t/sub/new",
			"t/touched",
			"t/turned",
			"t/turned/x",
		},
		stays,
	)
	require.Equal(t, copied, remotetest.TreeState(t, to))
}
