package transfers_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/remote/remotetest"
)

func TestPutTakesATreeAsItIs(t *testing.T) {
	remotetest.InMemory(t)
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		there := t.TempDir()
		remotetest.GardenTree(t, filepath.Join(there, "tree"))
		want := remotetest.TreeState(t, filepath.Join(there, "tree"))
		c := h.Client(t)
		h.Write(t, "into/other", "")
		require.NoError(t, os.Mkdir(filepath.Join(h.Dir, "none"), 0o750))
		for _, by := range []struct{ line, top, at string }{
			{"PUT -r", "tree", "tree"}, {"PUT -r as", ".", "as"}, {"PUT -r none", ".", "none"}, {
				"PUT -r into",
				"tree",
				"into/tree",
			}, {
				"PUT -r renamed",
				"tree",
				"renamed",
			}, {
				"PUT -r into/",
				"called",
				"into/called",
			}, {"PUT -rt into", "third", "into/third"},
		} {
			got, err := putTree(c, by.line, there, "tree", by.top)
			require.NoError(t, err, by)
			require.Equal(t, want, remotetest.TreeState(t, filepath.Join(h.Dir, by.at)), by)
			files, _ := got.Pairs.Int("files")
			folders, _ := got.Pairs.Int("folders")
			links, _ := got.Pairs.Int("links")
			require.EqualValues(t, len(want), files+folders+links)
		}
		// once more: existing files stay, new ones are added
		before := remotetest.TreeState(t, filepath.Join(h.Dir, "tree"))
		require.NoError(t, os.WriteFile(filepath.Join(there, "tree/new"), []byte("new"), 0o600))
		got, err := putTree(c, "PUT -r", there, "tree", "tree")
		e := c.RequireCode(err, "PUT", codec.Partial)
		files, _ := e.More.Int("files")
		require.EqualValues(t, 1, files, "the new one")
		require.NotEmpty(t, got.Notes)
		require.True(t, strings.HasPrefix(got.Notes[0], "exists "), got.Notes[0])
		require.Equal(t, "new", h.Read(t, "tree/new"))
		require.NoError(t, os.Remove(filepath.Join(h.Dir, "tree/new")))
		h.Write(t, "tree/a.txt", "changed")
		_, err = putTree(c, "PUT -rf", there, "tree", "tree")
		_ = err // existing links may not be replaced
		require.Equal(t, "hello\n", h.Read(t, "tree/a.txt"))
		require.Equal(t, len(before)+1, len(remotetest.TreeState(t, filepath.Join(h.Dir, "tree"))))
		for path := range remotetest.TreeState(t, h.Dir) {
			require.False(t, landing.IsPart(filepath.Base(path)), path)
		}
	})
}

func TestPutOfATreeRefuses(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Furnish(t)
		remotetest.Plant(t, h.Dir, map[string]string{"door": "@sub", "far": "@/tmp"})
		c := h.Client(t)
		const file = "FILE f 0644 1 - "
		for _, by := range []struct {
			line   string
			frames []string
			code   codec.Code
			notes  []string
		}{
			{
				"PUT -r",
				[]string{"FILE d 0755 - - hello.txt", file + "hello.txt/x", "DATA 1", "SUM none"},
				codec.NotDirectory,
				nil,
			},
			{"PUT -r nova/x", []string{"FILE d 0755 - - t"}, codec.NotFound, nil},
			{"PUT -r", []string{"FILE d 0755 - - ../t"}, codec.Partial, []string{"../t"}},
			{"PUT -r", []string{"FILE d 0755 - - .."}, codec.BadName, nil},
			{"PUT -r", []string{"FILE f 0644 1 - .", "DATA 1", "SUM none"}, codec.BadName, nil},
			{"PUT -r", []string{"FILE d 0755 - - one", "FILE d 0755 - - two"}, codec.BadRequest, nil},
			{"PUT -r", []string{"FILE l 0777 - - door /etc"}, codec.Exists, nil},
			{"PUT -rf", []string{"FILE f 0644 1 - door", "DATA 1", "SUM none"}, codec.NotRegular, nil},
			{"PUT -r", []string{"FILE p 0644 - - pipe"}, codec.Partial, []string{"pipe"}},
			{"PUT -r", []string{file + "t/x", "DATA 1", "SUM none"}, codec.Partial, []string{"t/x"}},
			{
				"PUT -r",
				[]string{
					"FILE d 0755 - - t1",
					file + "t1/a",
					"DATA 2",
					"SUM crc32c=00000000",
					file + "t1/b",
					"DATA 1",
					"SUM none",
				},
				codec.Partial,
				[]string{"t1/a"},
			},
			{
				"PUT -r",
				[]string{
					"FILE d 0755 - - t2",
					"FILE l 0777 - - t2/l ../sub",
					file + "t2/l/x",
					"DATA 1",
					"SUM none",
					"FILE d 0755 - - t2/l/d",
				},
				codec.Partial,
				[]string{"t2/l/x", "t2/l/d"},
			},
			{
				"PUT -r",
				[]string{
					"FILE d 0755 - - t3",
					file + "t3/../x",
					"DATA 1",
					"SUM none",
					file + "sub/x",
					"DATA 1",
					"SUM none",
					"FILE c 0644 - - t3/dev",
				},
				codec.Partial,
				[]string{"t3/../x", "sub/x", "t3/dev"},
			},
			{
				"PUT -rt .",
				[]string{"FILE d 0755 - - hello.txt", "FILE d 0755 - - t4"},
				codec.Partial,
				[]string{"hello.txt"},
			},
			{"PUT -r", []string{"FILE d 0755 - - t5", file + "t5/a", "DATA 1"}, codec.BadRequest, nil},
		} {
			text := strings.Join(by.frames, " ")
			if (strings.Contains(text, "door") || strings.Contains(text, "FILE l ")) && !remotetest.CanLink(t) {
				continue
			}
			r := remotetest.NewRequest(t, by.line)
			r.Send = remotetest.Sending(by.frames...)
			got, err := c.Call(t.Context(), r)
			c.RequireCode(err, fmt.Sprint(by.line, by.frames), by.code)
			var named []string
			for _, n := range got.Notes {
				words, err := codec.Split(strings.TrimSuffix(n, "\n"))
				require.NoError(t, err)
				named = append(named, strings.TrimPrefix(words[1].Text, "./"))
			}
			require.ElementsMatch(t, by.notes, named, by.frames)
			c.OK("PING")
		}
		require.Equal(t, "1", h.Read(t, "t1/b"))
		require.DirExists(t, filepath.Join(h.Dir, "t4"))
		for _, name := range []string{"x", "sub/x", "sub/d", "t1/a", "t/x", "one/two"} {
			require.NoFileExists(t, filepath.Join(h.Dir, name))
		}
		for path := range remotetest.TreeState(t, h.Dir) {
			require.False(t, landing.IsPart(filepath.Base(path)), path)
		}
	})
}

// Without -r a PUT accepts no folder and no link.
func TestPutWithoutRTakesNoTree(t *testing.T) {
	h := remotetest.New(t, false)
	c := h.Client(t)
	there := t.TempDir()
	remotetest.GardenTree(t, filepath.Join(there, "tree"))
	_, err := putTree(c, "PUT", there, "tree", "tree")
	c.RequireCode(err, "PUT", codec.Unsupported)
	_, err = putTree(c, "PUT -t .", there, "tree", "tree")
	c.RequireCode(err, "PUT", codec.Partial)
	require.Empty(t, remotetest.TreeState(t, h.Dir)["tree"])
	require.Len(t, remotetest.TreeState(t, h.Dir), 1)
}
