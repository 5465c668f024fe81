package files_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/remote/remotetest"
)

func TestCopyOfATree(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		remotetest.GardenTree(t, filepath.Join(h.Dir, "tree"))
		h.Write(t, "tree/.techsh-part-0123456789ab31c5", "part")
		h.Write(t, "into/other", "")
		h.Write(t, "file", "file")
		remotetest.Plant(t, h.Dir, map[string]string{"door": "@tree"})
		want := remotetest.TreeState(t, filepath.Join(h.Dir, "tree"))
		delete(want, ".techsh-part-0123456789ab31c5")
		c := h.Client(t)
		for line, at := range map[string]string{
			"COPY -r tree copy":       "copy",
			"COPY -r tree into":       "into/tree",
			"COPY -r door file into/": "into/door",
			"COPY -r tree/. merged":   "merged",
		} {
			if strings.Contains(line, "door") && !remotetest.CanLink(t) {
				continue
			}
			got := c.OK(line)
			require.Equal(t, want, remotetest.TreeState(t, filepath.Join(h.Dir, at)), line)
			files, _ := got.Pairs.Int("files")
			folders, _ := got.Pairs.Int("folders")
			links, _ := got.Pairs.Int("links")
			if strings.Contains(line, " file ") {
				files--
			}
			require.EqualValues(t, len(want), files+folders+links, line)
		}
		// an existing folder is merged with, and its files are replaced only with -f
		h.Write(t, "copy/a.txt", "mine")
		h.Write(t, "copy/more", "more")
		require.NoError(t, os.Remove(filepath.Join(h.Dir, "copy/empty")))
		got, e := c.Fails("COPY -r tree/. copy", codec.Partial)
		require.Contains(t, got.Notes, "exists copy/a.txt \"exists already\"\n")
		files, _ := e.More.Int("files")
		require.EqualValues(t, 1, files)
		require.Equal(t, "mine", h.Read(t, "copy/a.txt"))
		c.OK("COPY -rf tree/. copy")
		require.Equal(t, "hello\n", h.Read(t, "copy/a.txt"))
		require.Equal(t, "more", h.Read(t, "copy/more"))
		require.Len(t, remotetest.TreeState(t, filepath.Join(h.Dir, "copy")), len(want)+1)
	})
}

func TestCopyOfATreeRefuses(t *testing.T) {
	h := remotetest.New(t, false)
	remotetest.GardenTree(t, filepath.Join(h.Dir, "tree"))
	h.Write(t, "file", "file")
	h.Write(t, "into/tree", "a file")
	left := remotetest.Plant(t, h.Dir, map[string]string{"inside": "@tree/sub"})
	before := remotetest.TreeState(t, h.Dir)
	c := h.Client(t)
	for line, code := range map[string]codec.Code{
		"COPY tree copy": codec.IsDirectory, "COPY -r tree tree": codec.BadRequest,
		"COPY -r tree tree/sub": codec.BadRequest, "COPY -r tree tree/new": codec.BadRequest,
		"COPY -r tree ./sub/../tree/x": codec.BadRequest,
		"COPY -r tree inside":          codec.BadRequest, "COPY -r tree inside/new": codec.BadRequest,
		"COPY -r . new": codec.BadRequest, "COPY -r tree .": codec.BadRequest, "COPY -r nova copy": codec.NotFound,
		"COPY -r tree file": codec.NotDirectory, "COPY -rf tree file": codec.NotDirectory,
		"COPY -r tree into": codec.NotDirectory, "COPY -r tree nova/x": codec.NotFound,
		"COPY -r tree nova/":     codec.NotFound,
		"COPY -r tree file nova": codec.Partial, "COPY -r file file": codec.BadRequest,
	} {
		if strings.Contains(line, "inside") && len(left) > 0 {
			continue
		}
		_, e := c.Fails(line, code)
		require.NotEmpty(t, e.Name+e.Text, line)
	}
	require.Equal(t, before, remotetest.TreeState(t, h.Dir))
	for path := range before {
		require.False(t, landing.IsPart(filepath.Base(path)), path)
	}
}

// Handles that are left open would exceed the limit after some rounds.
func TestRefusedCopiesLeaveNothingOpen(t *testing.T) {
	open := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			remotetest.SkipWithout(t, err)
		}
		return len(list)
	}
	h := remotetest.New(t, false)
	remotetest.Plant(t, h.Dir, map[string]string{"t/fifo": "|", "t/x": "x", "file": ""})
	c := h.Client(t)
	c.OK("PING")
	before := open()
	for range 20 {
		for _, line := range []string{
			"COPY -rf t copy",
			"COPY -r t file",
			"COPY -r t t/x/y",
			"COPY -r t t/new",
			"GET -r t",
			"GET -rL t nova",
			"FIND t nova",
			"DU t/x/",
			"DF t file nova",
			"HASH t/fifo t/x nova",
			"PART t/new 5",
			"PART t 5 x",
			"DIR -R t nova",
		} {
			_, _ = c.Call(t.Context(), remotetest.NewRequest(t, line))
		}
		r := remotetest.NewRequest(t, "PUT -r file")
		r.Send = remotetest.Sending("FILE d 0755 - - file", "FILE f 0644 3 - file/x", "DATA abc")
		_, err := c.Call(t.Context(), r)
		require.Error(t, err)
	}
	require.LessOrEqual(t, open(), before+2)
}
