package transfers_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"techsh/codec/codectest"
	"techsh/shell/shelltest"
)

const composed, decomposed = "caf\u00e9", "cafe\u0301"

func plantFiles(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
}

// contents returns the contents of the files below dir, without their names.
func contents(t *testing.T, dir string) (all []string) {
	t.Helper()
	for _, text := range codectest.Harvest(t, dir) {
		if text != "" {
			all = append(all, text)
		}
	}
	return all
}

// newFolding mounts a file system that ignores case, and how accents are encoded.
func newFolding(t *testing.T) string {
	return (&codectest.Folding{Fold: func(name string) string { return strings.ToLower(norm.NFC.String(name)) }}).Mount(t)
}

// in returns a session whose local and remote folders are these.
func in(t *testing.T, local, remote string) *shelltest.Session {
	s := shelltest.NewPlain(t)
	s.Does("lcd " + local)
	s.Does("cd " + remote)
	s.Printed()
	return s
}

// Of names that the target takes for the same, each run transfers the same ones, and
// reports the others.
func TestNamesThatAreTheSameForTheTarget(t *testing.T) {
	plain := t.TempDir()
	plantFiles(t, plain, map[string]string{
		"top/a": "a", "top/A": "AA", "top/b": "b", "top/" + composed: "ccc", "top/" + decomposed: "dddd",
		"top/sub/x": "x", "top/Sub/y": "yy", "top/Sub/z": "zzz", "top/sub/only/w": "w",
	})
	pairs := [][2]string{{"a", "A"}, {composed, decomposed}, {"sub", "Sub"}}
	for _, test := range []struct {
		put          bool
		first, again []string
	}{
		{false, []string{"get -r top", "get -r -f top"}, []string{"get -r -f top", "get -r -u top", "get -r -u -f top"}},
		{
			false,
			[]string{"sync r:top l:top", "sync --delete r:top l:top"},
			[]string{"sync r:top l:top", "sync --delete r:top l:top", "sync -n r:top l:top"},
		},
		{true, []string{"put -r top", "put -r -f top"}, []string{"put -r -f top", "put -r -u top", "put -r -u -f top"}},
		{
			true,
			[]string{"sync l:top r:top", "sync --delete l:top r:top"},
			[]string{"sync l:top r:top", "sync --delete l:top r:top", "sync -n l:top r:top"},
		},
	} {
		for _, first := range test.first {
			fold := newFolding(t)
			local, remote := fold, plain
			if test.put {
				local, remote = plain, fold
			}
			s := in(t, local, remote)
			var want map[string]string
			for _, line := range append([]string{first}, test.again...) {
				require.Error(t, s.Run(line), line)
				said := s.Printed()
				require.Contains(t, said, "3 failed", line)
				for _, pair := range pairs {
					require.Regexp(t, `top/"?(`+pair[0]+`"?: .* takes it for "?`+pair[1]+`|`+pair[1]+`"?: .* takes it for "?`+
						pair[0]+`)`, said, line)
				}
				require.NotContains(t, said, "-f replaces it", line)
				got := codectest.Harvest(t, fold)
				if want == nil {
					want = got
				}
				require.Equal(t, want, got, "%s after %s", line, first)
			}
			for _, text := range contents(t, fold) {
				require.Contains(t, contents(t, plain), text)
			}
			for _, pair := range pairs[:2] {
				either := []string{want["top/"+pair[0]], want["top/"+pair[1]]}
				require.Contains(t, either, "", pair)
				require.NotEqual(t, either[0], either[1], pair)
			}
		}
	}
}

// A file whose name differs from that of its counterpart only in spelling is not
// transferred again, or deleted. The user is told.
func TestNamesThatDifferOnlyInSpelling(t *testing.T) {
	for _, put := range []bool{false, true} {
		plain, fold := t.TempDir(), newFolding(t)
		plantFiles(t, plain, map[string]string{"top/README": "same", "top/Sub/" + composed: "same", "top/Changed": "new!"})
		plantFiles(t, fold, map[string]string{
			"top/readme": "same", "top/sub/" + decomposed: "same", "top/changed": "old", "top/extra": "extra",
		})
		for _, name := range []string{"top/README", "top/Sub/" + composed} {
			fi, err := os.Stat(filepath.Join(plain, name))
			require.NoError(t, err)
			require.NoError(t, os.Chtimes(filepath.Join(fold, name), fi.ModTime(), fi.ModTime()))
		}
		local, remote, line := fold, plain, "sync r:top l:top"
		if put {
			local, remote, line = plain, fold, "sync l:top r:top"
		}
		s := in(t, local, remote)
		s.Does(line)
		said := s.Printed()
		require.Contains(t, said, "README: its", line)
		require.Contains(t, said, "Changed: its", line)
		require.ElementsMatch(t, []string{"same", "same", "new!", "extra"}, contents(t, fold))
		require.Contains(t, codectest.Harvest(t, fold), "top/readme", "what is equal stays as it is")
		s.Does(strings.Replace(line, "sync", "sync -n", 1))
		if said = s.Printed(); !put { // a folder that is spelled differently is sent again
			require.Contains(t, said, "nothing to do; 3 equal")
		}
		s.Does(strings.Replace(line, "sync", "sync --delete", 1))
		require.ElementsMatch(t, []string{"same", "same", "new!"}, contents(t, fold), line)
		s.Printed()
		s.Does(line)
		if put { // what was spelled differently was deleted, and sent
			require.NotContains(t, s.Printed(), "its name")
			require.Contains(t, codectest.Harvest(t, fold), "top/README")
		}
	}
}

// Files that are given as arguments are like those in a folder.
func TestArgumentsThatAreTheSameForTheTarget(t *testing.T) {
	for _, lines := range [][]string{
		{"get a A b .", "get -f a A b .", "get -u -f a A b .", "get -u a A b .", "get -u -f ?"},
		{"put a A b .", "put -f a A b .", "put -u -f a A b .", "put -u a A b .", "put -u -f ?"},
		{"get -r -f sub Sub .", "get -r -u sub Sub .", "get -r -u -f sub Sub ."},
		{"put -r -f sub Sub .", "put -r -u sub Sub .", "put -r -u -f sub Sub ."},
	} {
		plain, fold := t.TempDir(), newFolding(t)
		plantFiles(t, plain, map[string]string{"a": "a", "A": "AA", "b": "b", "sub/x": "x", "Sub/x": "xx"})
		s := in(t, fold, plain)
		if strings.HasPrefix(lines[0], "put") {
			s = in(t, plain, fold)
		}
		var first map[string]string
		for _, line := range lines {
			require.Error(t, s.Run(line), line)
			require.Contains(t, s.Printed(), "takes it for", line)
			got := codectest.Harvest(t, fold)
			if first == nil {
				first = got
			}
			require.Equal(t, first, got, line)
		}
	}
}

// A file that would be replaced is named as it is.
func TestAFileThatIsSpelledDifferently(t *testing.T) {
	plain, fold := t.TempDir(), newFolding(t)
	plantFiles(t, plain, map[string]string{"README": "new"})
	plantFiles(t, fold, map[string]string{"readme": "old"})
	s := in(t, fold, plain)
	require.ErrorContains(t, s.Run("get README"), "exists")
	require.Contains(t, s.Printed(), "its local name is readme")
	s.Does("get -f README")
	require.Contains(t, s.Printed(), "its local name is readme")
	require.Equal(t, []string{"new"}, contents(t, fold))
	s = in(t, plain, fold)
	require.NoError(t, os.Rename(filepath.Join(fold, "README"), filepath.Join(fold, "text")))
	require.NoError(t, os.Rename(filepath.Join(fold, "text"), filepath.Join(fold, "readme")))
	require.ErrorContains(t, s.Run("put README"), "exists already, as readme")
	s.Does("put -f README")
}

// A target that has a file for each name gets them all, and has them all the next time.
func TestNamesThatDifferInCaseAreTransferred(t *testing.T) {
	for _, lines := range [][2]string{
		{"get -r top", "get -r -u top"},
		{"sync r:top l:top", "sync --delete r:top l:top"},
		{"put -r top", "put -r -u top"},
		{"sync l:top r:top", "sync --delete l:top r:top"},
	} {
		from, to := t.TempDir(), t.TempDir()
		plantFiles(t, from, map[string]string{
			"top/makefile": "a", "top/sub/x": "x", "top/" + composed: "c", "top/1": "1",
		})
		s := in(t, to, from)
		if strings.Contains(lines[0], "put") || strings.Contains(lines[0], "l:top r:") {
			s = in(t, from, to)
		}
		s.Does(lines[0])
		plantFiles(t, from, map[string]string{
			"top/Makefile": "AA", "top/Sub/x": "xx", "top/Sub/y": "yy", "top/" + decomposed: "dd", "top/2": "2",
		})
		s.Does(lines[1])
		require.Equal(t, codectest.Harvest(t, from), codectest.Harvest(t, to))
		s.Printed()
		s.Does(strings.Replace(lines[1], "sync", "sync -n", 1))
		if strings.Contains(lines[1], "sync") {
			require.Equal(t, "nothing to do; 9 equal\n", s.Printed())
		}
	}
}
