package transfers_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/shell/shelltest"
)

// manyNames is a number of names that are too many for a command to keep.
const manyNames = 40_000

// listsMany returns an answer that lists the folder top and then more files in it than a
// command can keep, or only the files if top is "". before and after are the kinds and names
// of entries that come before and after the files.
func listsMany(top string, before, after []string) func(c *codec.Conn, words []codec.Word) {
	return func(c *codec.Conn, _ []codec.Word) {
		var lines []byte
		add := func(kind codec.Kind, name string) {
			e := codec.Entry{Kind: kind, Mode: 0o644, Size: 1, Name: name}
			e.More = codec.Pairs{{Key: "state", Value: "0123456789abcdef"}}
			lines = append(e.Append(lines), '\n')
			if len(lines) > 60<<10 {
				_ = c.Write(codec.DATA, lines)
				lines = lines[:0]
			}
		}
		under := ""
		if top != "" {
			add(codec.Folder, top)
			under = top + "/"
		}
		for _, e := range before {
			add(codec.Kind(e[0]), under+e[2:])
		}
		long := strings.Repeat("x", 240)
		for i := range manyNames { // names that begin differently
			add(codec.Regular, fmt.Sprintf("%s%05d%s", under, i*7919%100_000, long))
		}
		for _, e := range after {
			add(codec.Kind(e[0]), under+e[2:])
		}
		_ = c.Write(codec.DATA, lines)
		shelltest.OK(c)
	}
}

// A remote may list any number of files. What a command has to keep of them is limited.
func TestACommandKeepsAsManyNamesAsFitIntoItsMemory(t *testing.T) {
	pipe := []string{"p pipe"} // is not fetched, so that a list of the others is needed
	const syncHint = "  sync the folders in it one by one\n"
	const hint = "  name fewer files, or the folder that they are in\n"
	for name, test := range map[string]struct {
		line string
		find []string // before the files
		last []string // after the files
		says string
	}{
		"a sync from the remote": {
			"sync r:x l:x", pipe, nil, "more than fits into 8 MiB of memory\n" + syncHint,
		},
		"a sync that leaves out the last file": {
			"sync r:x l:x", nil, pipe, "too many files differ\n" + syncHint,
		},
		"deletions on the remote": {
			"sync --delete l:x r:x", nil, nil, "more than fits into 8 MiB of memory\n" + syncHint,
		},
		"an update of a tree":  {"get -r -u x", nil, nil, "more than fits into 8 MiB of memory\n" + hint},
		"an update of a match": {"get -u *", nil, nil, "more than fits into 8 MiB of memory\n" + hint},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := shelltest.NewHostile(t, shelltest.Answers{
				"FIND": listsMany("x", test.find, test.last),
				"STAT": func(c *codec.Conn, words []codec.Word) {
					if slices.Contains(words, codec.Bare("-p")) || words[0].Text == "x" {
						shelltest.Lists("d x")(c, words)
						return
					}
					listsMany("", nil, nil)(c, words)
				},
				"GET": func(c *codec.Conn, _ []codec.Word) {
					t.Error("nothing may be requested")
					shelltest.OK(c)
				},
				"DEL": func(c *codec.Conn, _ []codec.Word) {
					t.Error("nothing may be deleted")
					shelltest.OK(c)
				},
			})
			require.NoError(t, os.Mkdir(filepath.Join(s.Dir, "x"), 0o755))
			require.Error(t, s.Run(test.line))
			require.Contains(t, s.Printed(), test.says)
			s.Does("ping")
		})
	}
}

// If everything in a folder is fetched, no list of it is needed.
func TestASyncFetchesAWholeFolderWhoseListIsTooLong(t *testing.T) {
	t.Parallel()
	var words []codec.Word
	s, _ := shelltest.NewHostile(t, shelltest.Answers{
		"FIND": listsMany("x", nil, nil),
		"GET": func(c *codec.Conn, got []codec.Word) {
			words = got
			shelltest.Sends("d x", "f x/a")(c, nil)
		},
	})
	require.NoError(t, os.Mkdir(filepath.Join(s.Dir, "x"), 0o755))
	s.Does("sync r:x l:x")
	require.Equal(t, codec.Join([]codec.Word{codec.Bare("-r"), codec.Bare("x")}), codec.Join(words))
	require.Equal(t, []string{"x/", "x/a"}, shelltest.Everything(t, s.Dir))
}
