//go:build unix

// Windows computers rarely have a second volume in which tests may write.

package files_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/codec"
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

// Whatever changes while a MOVE copies to another file system exists afterwards: at the
// source, or, if it was still copied, at the target.
func TestMoveOfAFileThatChangesLosesNothing(t *testing.T) {
	replace := func(t *testing.T, path string) {
		require.NoError(t, os.WriteFile(path+".new", []byte("mine"), 0o600))
		require.NoError(t, os.Rename(path+".new", path))
	}
	write := func(t *testing.T, path string, flag int) {
		f, err := os.OpenFile(path, os.O_WRONLY|flag, 0)
		require.NoError(t, err)
		_, err = f.WriteString("mine")
		require.NoError(t, errors.Join(err, f.Close()))
	}
	const size, part = 256 << 20, ".techsh-part-*"
	for name, test := range map[string]struct {
		path   string // what is moved
		file   string // what changes
		part   string // a file that shows that it is being copied
		code   codec.Code
		change func(t *testing.T, path string)
	}{
		"replaced":            {"big", "big", part, codec.Changed, replace},
		"replaced, in a tree": {"t", "t/big", "t/" + part, codec.Partial, replace},
		"appended": {
			"big", "big", part, codec.Changed,
			func(t *testing.T, path string) { write(t, path, os.O_APPEND) },
		},
		"written in place, with the old time": {
			"big", "big", part, codec.Changed, func(t *testing.T, path string) {
				fi, err := os.Stat(path)
				require.NoError(t, err)
				write(t, path, 0)
				require.NoError(t, os.Chtimes(path, fi.ModTime(), fi.ModTime()))
			},
		},
		"written in place, with the old time, in a tree": {
			"t", "t/big", "t/" + part, codec.Partial, func(t *testing.T, path string) {
				fi, err := os.Stat(path)
				require.NoError(t, err)
				write(t, path, 0)
				require.NoError(t, os.Chtimes(path, fi.ModTime(), fi.ModTime()))
			},
		},
		"turned into a folder, in a tree": {
			"t", "t/big", "t/" + part, codec.Partial, func(t *testing.T, path string) {
				require.NoError(t, os.Remove(path))
				require.NoError(t, os.Mkdir(path, 0o700))
				replace(t, filepath.Join(path, "x"))
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := remotetest.New(t, false)
			there := otherFileSystem(h, t)
			h.Write(t, test.file, "")
			path := filepath.Join(h.Dir, test.file)
			require.NoError(t, os.Truncate(path, size))
			r := h.Raw(t)
			r.Say(t, "MOVE", test.path, there)
			remotetest.Eventually(t, "the copy does not begin", func() bool {
				parts, err := filepath.Glob(filepath.Join(there, test.part))
				return err == nil && len(parts) > 0
			})
			test.change(t, path)
			said := r.Next(t)
			for said.Verb == codec.NOTE {
				said = r.Next(t)
			}
			require.Equal(t, codec.ERR, said.Verb, "%s", said.Body)
			require.True(t, strings.HasPrefix(said.Body, string(test.code)+" "), said.Body)
			if fi, err := os.Stat(path); err == nil && fi.IsDir() {
				path = filepath.Join(path, "x")
			}
			f, err := os.Open(path)
			require.NoError(t, err)
			defer f.Close()
			fi, err := f.Stat()
			require.NoError(t, err)
			buf := make([]byte, 4)
			_, err = f.ReadAt(buf, max(0, fi.Size()-size))
			if fi.Size() > size {
				_, err = f.ReadAt(buf, size)
			}
			require.NoError(t, err)
			require.Equal(t, "mine", string(buf))
		})
	}
}
