//go:build unix

package remote_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/transfer"
)

func TestCopyOfATree(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		garden(t, filepath.Join(h.dir, "tree"))
		h.write(t, "tree/.techsh-part-0123456789abcdef", "part")
		h.write(t, "into/other", "")
		h.write(t, "file", "file")
		require.NoError(t, os.Symlink("tree", filepath.Join(h.dir, "door")))
		want := sight(t, filepath.Join(h.dir, "tree"))
		delete(want, ".techsh-part-0123456789abcdef")
		c := h.client(t)
		for line, at := range map[string]string{"COPY -r tree copy": "copy", "COPY -r tree into": "into/tree", "COPY -r door file into/": "into/door", "COPY -r tree/. merged": "merged"} {
			got := c.ok(line)
			require.Equal(t, want, sight(t, filepath.Join(h.dir, at)), line)
			files, _ := got.pairs.Int("files")
			folders, _ := got.pairs.Int("folders")
			links, _ := got.pairs.Int("links")
			if strings.Contains(line, " file ") {
				files--
			}
			require.EqualValues(t, len(want), files+folders+links, line)
		}
		require.Equal(t, "file", h.read(t, "into/file"))

		// what is there is merged with, and replaced only with -f
		h.write(t, "copy/a.txt", "mine")
		h.write(t, "copy/more", "more")
		require.NoError(t, os.Remove(filepath.Join(h.dir, "copy/empty")))
		got, e := c.fails("COPY -r tree/. copy", codec.Partial)
		require.Contains(t, got.notes, "exists copy/a.txt \"exists already\"\n")
		files, _ := e.More.Int("files")
		require.EqualValues(t, 1, files)
		require.Equal(t, "mine", h.read(t, "copy/a.txt"))
		c.ok("COPY -rf tree/. copy")
		require.Equal(t, "hello\n", h.read(t, "copy/a.txt"))
		require.Equal(t, "more", h.read(t, "copy/more"))
		require.Len(t, sight(t, filepath.Join(h.dir, "copy")), len(want)+1)
	})
}

func TestCopyOfATreeRefuses(t *testing.T) {
	h := newHelped(t, false)
	garden(t, filepath.Join(h.dir, "tree"))
	h.write(t, "file", "file")
	h.write(t, "into/tree", "a file")
	require.NoError(t, os.Symlink("tree/sub", filepath.Join(h.dir, "inside")))
	before := sight(t, h.dir)
	c := h.client(t)
	for line, code := range map[string]codec.Code{
		"COPY tree copy": codec.IsDirectory, "COPY -r tree tree": codec.BadRequest, "COPY -r tree tree/sub": codec.BadRequest, "COPY -r tree tree/new": codec.BadRequest, "COPY -r tree ./sub/../tree/x": codec.BadRequest,
		"COPY -r tree inside": codec.BadRequest, "COPY -r tree inside/new": codec.BadRequest, "COPY -r . new": codec.BadRequest, "COPY -r tree .": codec.BadRequest, "COPY -r nova copy": codec.NotFound,
		"COPY -r tree file": codec.NotDirectory, "COPY -rf tree file": codec.NotDirectory, "COPY -r tree into": codec.NotDirectory, "COPY -r tree nova/x": codec.NotFound, "COPY -r tree nova/": codec.NotFound,
		"COPY -r tree file nova": codec.Partial, "COPY -r file file": codec.BadRequest,
	} {
		_, e := c.fails(line, code)
		require.NotEmpty(t, e.Name+e.Text, line)
	}
	require.Equal(t, before, sight(t, h.dir))
	for path := range before {
		require.False(t, transfer.IsPart(filepath.Base(path)), path)
	}
}

// What a handle keeps open would be seen after a while.
func TestRefusedCopiesLeaveNothingOpen(t *testing.T) {
	open := func() int {
		list, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			lacks(t, err)
		}
		return len(list)
	}
	h := newHelped(t, false)
	plant(t, h.dir, map[string]string{"t/fifo": "|", "t/x": "x", "file": ""})
	c := h.client(t)
	c.ok("PING")
	before := open()
	for range 20 {
		for _, line := range []string{"COPY -rf t copy", "COPY -r t file", "COPY -r t t/x/y", "COPY -r t t/new", "GET -r t", "GET -rL t nova", "FIND t nova", "DU t/x/", "DF t file nova", "HASH t/fifo t/x nova", "PART t/new 5", "PART t 5 x", "DIR -R t nova"} {
			_, _ = c.call(t.Context(), request(t, line))
		}
		r := request(t, "PUT -r file")
		r.Send = sending("FILE d 0755 - - file", "FILE f 0644 3 - file/x", "DATA abc")
		_, err := c.call(t.Context(), r)
		require.Error(t, err)
	}
	require.LessOrEqual(t, open(), before+2)
}
