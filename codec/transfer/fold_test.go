package transfer_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

// sendEach passes entries to the receiver: a name that ends in / is a folder, a value that
// begins with -> makes a link, and another one is the contents of a file.
func (r *received) sendEach(t *testing.T, entries ...[2]string) {
	t.Helper()
	for _, e := range entries {
		name, data := codec.Quote(codec.Lit(strings.TrimSuffix(e[0], "/"))), e[1]
		switch target, isLink := strings.CutPrefix(data, "->"); {
		case strings.HasSuffix(e[0], "/"):
			require.NoError(t, r.take(codec.FILE, "d 0755 - - "+name))
		case isLink:
			require.NoError(t, r.take(codec.FILE, "l 0777 - - "+name+" "+target))
		default:
			require.NoError(t, r.file(t, "f 0644 - - "+name, data, crc(data)))
		}
	}
	r.Flush()
}

const composed, decomposed = "caf\u00e9", "cafe\u0301"

// A name that the file system takes for one that came before in the same stream is
// refused, whether or not files may be replaced.
func TestNamesThatAreTheSameForTheFileSystemClash(t *testing.T) {
	for name, test := range map[string]struct {
		send           [][2]string
		want           map[string]string
		refused, other string
	}{
		"files": {
			[][2]string{{"top/", ""}, {"top/Makefile", "1"}, {"top/makefile", "2"}, {"top/x", "x"}},
			map[string]string{"top/": "", "top/Makefile": "1", "top/x": "x"},
			"top/makefile", "Makefile",
		},
		"accents": {
			[][2]string{{"top/", ""}, {"top/" + composed, "1"}, {"top/" + decomposed, "2"}},
			map[string]string{"top/": "", "top/" + composed: "1"},
			"top/" + decomposed, composed,
		},
		"folders": {
			[][2]string{
				{"top/", ""},
				{"top/src/", ""},
				{"top/src/a", "1"},
				{"top/Src/", ""},
				{"top/Src/a", "2"},
				{"top/Src/b", "2"},
				{"top/z/", ""},
			},
			map[string]string{"top/": "", "top/src/": "", "top/src/a": "1", "top/z/": ""},
			"top/Src", "src",
		},
		"a folder and a file": {
			[][2]string{{"top/", ""}, {"top/Doc/", ""}, {"top/Doc/a", "1"}, {"top/doc", "2"}},
			map[string]string{"top/": "", "top/Doc/": "", "top/Doc/a": "1"},
			"top/doc", "Doc",
		},
		"a file and a folder": {
			[][2]string{{"top/", ""}, {"top/doc", "1"}, {"top/Doc/", ""}, {"top/Doc/a", "2"}},
			map[string]string{"top/": "", "top/Doc/": "", "top/Doc/a": "2"}, // files wait to be placed
			"top/doc", "Doc",
		},
		"links": {
			[][2]string{{"top/", ""}, {"top/Link", "->1"}, {"top/link", "->2"}},
			map[string]string{"top/": "", "top/Link": "->1"},
			"top/link", "Link",
		},
		"a link and a file": {
			[][2]string{{"top/", ""}, {"top/Link", "->1"}, {"top/link", "2"}},
			map[string]string{"top/": "", "top/Link": "->1"},
			"top/link", "Link",
		},
		"small files outside of trees": {
			[][2]string{{"A", "1"}, {"a", "2"}, {"b", "3"}},
			map[string]string{"A": "1", "b": "3"},
			"a", "A",
		},
		"large files outside of trees": {
			[][2]string{{"A", strings.Repeat("1", 2<<20)}, {"a", strings.Repeat("2", 2<<20)}},
			map[string]string{"A": strings.Repeat("1", 2<<20)},
			"a", "A",
		},
		"trees": {
			[][2]string{{"A/", ""}, {"A/x", "1"}, {"a/", ""}, {"a/x", "2"}},
			map[string]string{"A/": "", "A/x": "1"},
			"a", "A",
		},
	} {
		for _, links := range []bool{true, false} {
			for _, force := range []bool{false, true} {
				for _, exists := range []bool{false, true} {
					dir := folding(t, test.other, filepath.Base(test.refused), links)
					if dir == "" || strings.Contains(name, "link") && !makesLinks(t) {
						continue
					}
					if exists && test.send[0][0] == "top/" {
						require.NoError(t, os.Mkdir(filepath.Join(dir, "top"), 0o755))
					}
					rec := treeInto(t, dir, force)
					rec.sendEach(t, test.send...)
					require.Equal(t, test.want, harvest(t, dir), name)
					require.Len(t, rec.failed, 1, "%s: %v", name, rec.failed)
					err := rec.failed[test.refused]
					requireCode(t, err, codec.Clash)
					require.ErrorContains(t, err, "takes it for "+test.other+", which came before", name)
				}
			}
		}
	}
}

// A file that was there before has no other name in the stream, so it is replaced.
func TestAFileIsReplacedWhateverTheCaseOfItsName(t *testing.T) {
	dir := folding(t, "README", "readme", true)
	plant(t, dir, map[string]string{"top/README": "old", "top/Sub/x": "old"})
	rec := treeInto(t, dir, true)
	rec.sendEach(t, [][2]string{
		{"top/", ""}, {"top/readme", "new"}, {"top/sub/", ""}, {"top/sub/X", "new"}, {"top/sub/x", "other"},
	}...)
	requireCode(t, rec.failed["top/sub/x"], codec.Clash)
	require.Len(t, rec.failed, 1)
	require.Equal(
		t, map[string]string{"top/": "", "top/readme": "new", "top/sub/": "", "top/sub/x": "new"},
		lowerNames(harvest(t, dir)),
	)
}

func TestAFileThatExistsIsNamedAsItIs(t *testing.T) {
	dir := folding(t, "README", "readme", true)
	plant(t, dir, map[string]string{"README": "old", "notes": "old", "top/README": "old"})
	rec := treeInto(t, dir, false)
	rec.sendEach(t, [][2]string{{"readme", "new"}, {"notes", "new"}, {"top/", ""}, {"top/ReadMe", "new"}}...)
	for name, text := range map[string]string{
		"readme": "exists already, as README", "notes": "exists already", "top/ReadMe": "exists already, as README",
	} {
		requireCode(t, rec.failed[name], codec.Exists)
		require.EqualError(t, rec.failed[name], text)
	}
}

// lowerNames returns all with names in lower case. A file that is replaced may keep its name.
func lowerNames(all map[string]string) map[string]string {
	lower := map[string]string{}
	for name, data := range all {
		lower[strings.ToLower(name)] = data
	}
	return lower
}

// makesLinks reports whether symbolic links can be made.
func makesLinks(t *testing.T) bool {
	link := filepath.Join(t.TempDir(), "link")
	err := os.Symlink("x", link)
	_, lerr := os.Lstat(link) // wine makes none, without an error
	return err == nil && lerr == nil
}
