//go:build unix

package transfer_test

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/transfer"
)

// grove makes files with these names, and folders for names that end in /.
func grove(t *testing.T, names ...string) string {
	dir := t.TempDir()
	for _, name := range names {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
		if name[len(name)-1] == '/' {
			require.NoError(t, os.MkdirAll(path, 0o700))
			continue
		}
		require.NoError(t, os.WriteFile(path, nil, 0o600))
	}
	return dir
}

func expand(t *testing.T, dir string, w codec.Word) ([]string, error) {
	found, err := transfer.Expand(t.Context(), transfer.OS{}, dir, w, &codec.Budget{})
	return slices.Collect(found.All()), err
}

func TestExpandPatterns(t *testing.T) {
	dir := grove(t, "a.txt", "b.txt", "c.log", "ab", ".hidden.txt", "[1]", "{x,y}", `back\slash`,
		"sub/d.txt", "sub/deep/e.txt", "sub/deep/.f.txt", ".dot/g.txt",
		".techsh-part-0123456789ab31c5", "\xff\xfe", "two words", "sub2/h.txt")
	require.NoError(t, os.Symlink("sub", filepath.Join(dir, "loop")))
	require.NoError(t, os.Symlink("..", filepath.Join(dir, "sub", "up")))
	for pattern, want := range map[string][]string{
		"*.txt":        {"a.txt", "b.txt"},
		"?.txt":        {"a.txt", "b.txt"},
		"??":           {"ab", "\xff\xfe"},
		"*b":           {"ab", "sub"},
		"a*":           {"a.txt", "ab"},
		"?1]":          {"[1]"},
		"[*":           {"[1]"},
		"{*":           {"{x,y}"},
		"{x,?}":        {"{x,y}"},
		`*\*`:          {`back\slash`},
		`back\*`:       {`back\slash`},
		"\xff*":        {"\xff\xfe"},
		"\xff?":        {"\xff\xfe"},
		"*words":       {"two words"},
		".*.txt":       {".hidden.txt"},
		".*":           {".dot", ".hidden.txt"},
		"sub/*.txt":    {"sub/d.txt"},
		"*/*.txt":      {"loop/d.txt", "sub/d.txt", "sub2/h.txt"},
		"sub?/*":       {"sub2/h.txt"},
		"**/*.txt":     {"a.txt", "b.txt", "sub/d.txt", "sub/deep/e.txt", "sub2/h.txt"},
		"**/e.txt":     {"sub/deep/e.txt"},
		"sub/**":       {"sub/d.txt", "sub/deep", "sub/deep/e.txt", "sub/up"},
		"sub/**/e.*":   {"sub/deep/e.txt"},
		"**/**/e.txt":  {"sub/deep/e.txt"},
		".dot/*":       {".dot/g.txt"},
		"./*.log":      {"./c.log"},
		"sub/../*.log": {"sub/../c.log"},
		"sub//*.txt":   {"sub/d.txt"},
		dir + "/*.log": {dir + "/c.log"},
	} {
		got, err := expand(t, dir, codec.Bare(pattern))
		require.NoError(t, err, "%q", pattern)
		require.Equal(t, want, got, "%q", pattern)
	}
	for _, pattern := range []string{"*.nova", "nova/*", "a.txt/*", "[0-9]*", "**/nova", "\xfe*"} {
		_, err := expand(t, dir, codec.Bare(pattern))
		requireCode(t, err, codec.NotFound)
	}
}

func TestExpandKeepsOtherWords(t *testing.T) {
	dir := grove(t, "a.txt", "b.txt", "*.txt", "~", "sub/x")
	t.Setenv("HOME", "/home/ann")
	for word, want := range map[codec.Word]string{
		codec.Bare("*.txt"):      "*.txt", // a file has exactly this name
		codec.Bare("./*.txt"):    "./*.txt",
		codec.Bare("~"):          "~",
		codec.Bare("nova"):       "nova",
		codec.Bare("a.txt"):      "a.txt",
		codec.Bare("[a].txt"):    "[a].txt",
		codec.Bare("{a,b}.txt"):  "{a,b}.txt",
		codec.Bare("~ann"):       "~ann",
		codec.Bare("~/x"):        "~/x",
		codec.Bare("sub/~"):      "sub/~",
		codec.Bare(""):           "",
		codec.Lit("?.txt"):       "?.txt",
		codec.Lit("**"):          "**",
		codec.Lit("~/x"):         "~/x",
		codec.Bare("\xff\xfe"):   "\xff\xfe",
		codec.Bare(`C:\Users\x`): `C:\Users\x`,
	} {
		got, err := expand(t, dir, word)
		require.NoError(t, err, "%v", word)
		require.Equal(t, []string{want}, got, "%v", word)
	}
}

func TestExpandHome(t *testing.T) {
	home := grove(t, "one.txt", "two.txt", "sub/x.txt")
	t.Setenv("HOME", home)
	dir := t.TempDir()
	for text, want := range map[string][]string{
		"~": {home}, "~/": {home + "/"}, "~/..": {home + "/.."}, "~/new": {home + "/new"}, "~/*.txt": {
			home + "/one.txt", home + "/two.txt",
		}, "~/*/x.txt": {home + "/sub/x.txt"},
	} {
		got, err := expand(t, dir, codec.Bare(text))
		require.NoError(t, err)
		require.Equal(t, want, got, text)
	}
	_, err := expand(t, dir, codec.Bare("~/*.nova"))
	requireCode(t, err, codec.NotFound)
}

// The home folder may be a root, as in a jail. On Windows, a path that begins with two
// separators would be on another machine.
func TestExpandHomeThatIsARoot(t *testing.T) {
	t.Setenv("HOME", "/")
	for text, want := range map[string]string{"~": "/", "~/": "/", "~/x": "/x", "~/../x": "/../x"} {
		got, err := expand(t, t.TempDir(), codec.Bare(text))
		require.NoError(t, err)
		require.Equal(t, []string{want}, got, text)
	}
}

func TestExpandEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := codec.Errorf(codec.Declined, "")
	cancel(why)
	_, err := transfer.Expand(ctx, transfer.OS{}, "/", codec.Bare("**/nova"), &codec.Budget{})
	require.ErrorIs(t, err, why)
}

func TestJoinMakesTypedPathsAbsolute(t *testing.T) {
	for path, want := range map[string]string{
		"": "/base", "x": "/base/x", ".": "/base", "..": "/", "../..": "/", "/": "/", "/x/../y": "/y",
		"a//b/": "/base/a/b", "~": "/base/~",
	} {
		require.Equal(t, want, transfer.Join("/base", path), path)
	}
	for path, want := range map[string]string{"": ".", "x": "x", "..": "..", "/x/": "/x"} {
		require.Equal(t, want, transfer.Join("", path), path)
	}
}

// counting is a file system that counts the folders that are read.
type counting struct {
	transfer.OS
	read int
}

func (c *counting) ReadDir(path string, each func(fs.DirEntry) error) error {
	c.read++
	return c.OS.ReadDir(path, each)
}

func TestExpandReadsAFolderOnceForEachPlaceInThePattern(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, strings.Repeat("a/", 20)), 0o777))
	c := &counting{}
	got, err := transfer.Expand(t.Context(), c, dir, codec.Bare(strings.Repeat("**/", 15)+"a"), &codec.Budget{})
	require.NoError(t, err)
	require.Equal(t, 20, got.Len())
	require.LessOrEqual(t, c.read, 16*21, "and not in every way that the pattern can be cut")
}

// endless is a file system with a hundred folders in each folder, five levels deep.
type endless struct{ transfer.OS }

func (endless) Lstat(string) (fs.FileInfo, error) { return nil, fs.ErrNotExist }

func (endless) ReadDir(path string, each func(fs.DirEntry) error) error {
	if strings.Count(path, "/") > 4 {
		return nil
	}
	for i := range 100 {
		if err := each(&folderEntry{name: fmt.Sprint(i)}); err != nil {
			return err
		}
	}
	return nil
}

type folderEntry struct {
	fs.DirEntry
	name string
}

func (f *folderEntry) Name() string      { return f.name }
func (f *folderEntry) IsDir() bool       { return true }
func (f *folderEntry) Type() fs.FileMode { return fs.ModeDir }

func TestExpandHasLimits(t *testing.T) {
	for _, pattern := range []string{"**/x", "**", "*/*/*"} {
		_, err := transfer.Expand(t.Context(), endless{}, "/", codec.Bare(pattern), &codec.Budget{})
		require.ErrorIs(t, err, &codec.Error{Code: codec.TooBig}, pattern)
	}
}

// crowded is a file system with a folder of very many files.
type crowded struct {
	transfer.OS
	files int
}

func (crowded) Lstat(string) (fs.FileInfo, error) { return nil, fs.ErrNotExist }

func (c crowded) ReadDir(_ string, each func(fs.DirEntry) error) error {
	for i := range c.files {
		if err := each(&fileEntry{name: fmt.Sprintf("f%06d", i)}); err != nil {
			return err
		}
	}
	return nil
}

type fileEntry struct {
	fs.DirEntry
	name string
}

func (f *fileEntry) Name() string      { return f.name }
func (f *fileEntry) IsDir() bool       { return false }
func (f *fileEntry) Type() fs.FileMode { return 0 }

// The path of the folder, which may be long, is not kept for each match.
func TestExpandTakesMemoryForNamesAndNotForPaths(t *testing.T) {
	folder := strings.Repeat("/"+strings.Repeat("d", 250), 15)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	got, err := transfer.Expand(t.Context(), crowded{files: 99_000}, "/", codec.Bare(folder+"/f*"), &codec.Budget{})
	require.NoError(t, err)
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Equal(t, 99_000, got.Len())
	require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(24<<20))
	next := 0
	for path := range got.All() {
		require.Equal(t, fmt.Sprintf("%s/f%06d", folder, next), path)
		if next++; next == 1000 { // the others would take long
			break
		}
	}
	_, err = transfer.Expand(t.Context(), crowded{files: 1_000_000}, "/", codec.Bare(folder+"/f*"), &codec.Budget{})
	require.ErrorIs(t, err, &codec.Error{Code: codec.TooBig})
}
