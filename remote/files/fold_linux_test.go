package files_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/codectest"
	"techsh/remote/remotetest"
)

// plant makes files with their path as contents, and folders, whose names end in /.
func plant(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if name[len(name)-1] == '/' {
			require.NoError(t, os.MkdirAll(path, 0o755))
			continue
		}
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(name), 0o600))
	}
}

// Of two sources that get the same name, the first is not replaced by the second, not
// even with -f.
func TestSourcesOfTheSameNameDoNotReplaceEachOther(t *testing.T) {
	for _, verb := range []string{"COPY -r ", "COPY -r -f ", "MOVE ", "MOVE -f "} {
		for _, test := range []struct {
			from []string
			want map[string]string
		}{
			{[]string{"1/Notes", "2/notes"}, map[string]string{"Notes": "1/Notes"}},
			{[]string{"1/notes", "2/notes"}, map[string]string{"notes": "1/notes"}},
			{[]string{"1/Sub/a", "2/sub/a"}, map[string]string{"Sub/": "", "Sub/a": "1/Sub/a"}},
			{[]string{"1/Sub/a", "2/sub"}, map[string]string{"Sub/": "", "Sub/a": "1/Sub/a"}},
		} {
			h := remotetest.New(t, false)
			c := h.Client(t)
			dir := (&codectest.Folding{Fold: codectest.LowerASCII}).Mount(t)
			plant(t, h.Dir, test.from...)
			from := ""
			for _, name := range test.from {
				if filepath.Base(name) == "a" {
					name = filepath.Dir(name)
				}
				from += name + " "
			}
			_, e := c.Fails(verb+from+dir, codec.Partial)
			require.Equal(t, "1", pair(e, "failed"), verb)
			require.Equal(t, test.want, codectest.Harvest(t, dir), verb)
			_, err := os.Lstat(filepath.Join(h.Dir, test.from[1]))
			require.NoError(t, err, "the source of %s must stay", verb)
		}
	}
}

func pair(e *codec.Error, key string) string {
	value, _ := e.More.Get(key)
	return value
}

// A tree is copied or moved to another file system, which takes two of its names for one.
func TestATreeKeepsWhatCannotBeCopied(t *testing.T) {
	for _, verb := range []string{"COPY -r ", "COPY -r -f ", "MOVE "} {
		h := remotetest.New(t, false)
		c := h.Client(t)
		dir := (&codectest.Folding{Fold: codectest.LowerASCII}).Mount(t)
		plant(t, h.Dir, "top/a", "top/A", "top/sub/x", "top/SUB/x")
		reply, e := c.Fails(verb+"top "+dir, codec.Partial)
		require.Equal(t, "2", pair(e, "failed"), verb)
		require.Contains(t, strings.Join(reply.Notes, ""), "this file system takes it for")
		require.Equal(
			t, map[string]string{"top/a": "top/a", "top/A": "top/A", "top/sub/x": "top/sub/x", "top/SUB/x": "top/SUB/x"},
			files(codectest.Harvest(t, h.Dir)), verb,
		)
		require.Len(t, files(codectest.Harvest(t, dir)), 2, verb)
	}
}

func files(all map[string]string) map[string]string {
	only := map[string]string{}
	for name, data := range all {
		if data != "" {
			only[name] = data
		}
	}
	return only
}

func TestMoveChangesOnlyTheCaseOfAName(t *testing.T) {
	for _, links := range []bool{true, false} {
		dir := (&codectest.Folding{Fold: codectest.LowerASCII, NoLinks: !links}).Mount(t)
		c := remotetest.New(t, false).Client(t)
		plant(t, dir, "notes", "sub/x")
		c.OK("MOVE " + dir + "/notes " + dir + "/Notes")
		c.OK("MOVE " + dir + "/Sub " + dir + "/SUB")
		require.Equal(t, map[string]string{"Notes": "notes", "SUB/": "", "SUB/x": "sub/x"}, codectest.Harvest(t, dir))
	}
}
