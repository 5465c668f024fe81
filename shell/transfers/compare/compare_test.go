package compare_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/shell/transfers/compare"
)

func TestBelowReturnsNamesRelativeToTheFolder(t *testing.T) {
	for _, test := range []struct{ system, top, path, want string }{
		{"linux", "x", "x/a/b", "a/b"},
		{"linux", "x/", "x/a", "a"},
		{"linux", "/", "/a", "a"},
		{"linux", ".", "./a", "a"},
		{"linux", `x\`, `x\/a`, "a"},
		{"linux", "x", `x/a\b`, `a\b`},
		{"windows", "x", `x\a\b`, "a/b"},
		{"windows", "x/", `x/a\b`, "a/b"},
		{"windows", `C:\`, `C:\a`, "a"},
		{"windows", "C:", "C:a", "a"},
	} {
		got, ok := compare.Below(test.system, test.top, test.path)
		require.True(t, ok, test)
		require.Equal(t, test.want, got, test)
	}
	for _, path := range []string{"y", "y/a", "xa", "/x/a", ""} {
		_, ok := compare.Below("linux", "x", path)
		require.False(t, ok, path)
	}
}

func TestLookupDistinguishesMissingFromUnreadable(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "sub/deep"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sub/file"), []byte("12"), 0o600))
	require.NoError(t, os.Symlink("file", filepath.Join(dir, "sub/link")))
	require.NoError(t, os.Symlink("/", filepath.Join(dir, "out")))
	root, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer root.Close()
	l := compare.NewLocalLookup(root, false)
	defer l.Close()
	for name, kind := range map[string]codec.Kind{
		"sub": codec.Folder, "sub/file": codec.Regular,
		"sub/link": codec.Link, "sub/deep": codec.Folder, "out": codec.Link,
		"none": 0, "sub/none": 0, "none/at/all": 0, "sub/file/below": 0,
	} {
		e, err := l.Entry(name)
		require.NoError(t, err, name)
		require.Equal(t, kind, e.Kind, name)
	}
	_, err = l.Entry("out/etc")
	require.Error(t, err, "whatever is there, it is not in this folder")
	e, err := compare.NewLocalLookup(nil, false).Entry("sub")
	require.NoError(t, err)
	require.Zero(t, e.Kind)
}

// A hostile remote lists names outside the folder.
func TestARemoteListsOnlyWhatIsInTheFolder(t *testing.T) {
	for _, name := range []string{"x/../y", "x//y", "x/./y", "y", "x/\x00", "x/a/"} {
		r := compare.Remote{System: "linux", Find: func(
			_ context.Context, folder codec.Word, _ bool, each func(codec.Entry) error,
		) error {
			require.Equal(t, "x/", folder.Text)
			require.NoError(t, each(codec.Entry{Kind: codec.Folder, Name: "x"}))
			return each(codec.Entry{Kind: codec.Regular, Name: name})
		}}
		err := r.Walk(t.Context(), codec.Lit("x"), false, func(string, codec.Entry) error { return nil })
		require.ErrorIs(t, err, &codec.Error{Code: codec.BadName}, name)
	}
}

// Pairs looks nothing up locally inside a folder that exists only on the remote.
func TestPairsPassesEntriesOfTheSameName(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "both"), 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "both/file"), []byte("12"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "only"), nil, 0o600))
	local, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer local.Close()
	kinds := map[string]codec.Kind{
		"":          'd',
		"both":      'd',
		"both/file": 'f',
		"both/more": 'f',
		"only":      'd',
		"only/file": 'f',
	}
	r := compare.Remote{System: "windows", Find: func(
		_ context.Context, _ codec.Word, _ bool, each func(codec.Entry) error,
	) error {
		for _, name := range slices.Sorted(maps.Keys(kinds)) {
			path := strings.ReplaceAll("top/"+name, "/", `\`)
			if err := each(codec.Entry{Kind: kinds[name], Name: strings.TrimSuffix(path, `\`)}); err != nil {
				return err
			}
		}
		return nil
	}}
	got := map[string]codec.Kind{}
	require.NoError(t, r.Pairs(t.Context(), codec.Lit("top"), local, compare.Follow{},
		func(name string, _, local codec.Entry, err error) error {
			require.NoError(t, err)
			got[name] = local.Kind
			return nil
		}))
	require.Equal(t, map[string]codec.Kind{
		"both": codec.Folder, "both/file": codec.Regular, "both/more": 0, "only": codec.Regular, "only/file": 0,
	}, got)
}
