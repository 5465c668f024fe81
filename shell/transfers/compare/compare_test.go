package compare_test

import (
	"context"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
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

// Nothing is looked up locally inside a folder that exists only on the remote.
func TestAComparisonPassesEntriesOfTheSameName(t *testing.T) {
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
	c := compare.Comparison{Remote: r, Local: local, Pair: func(name string, _, local codec.Entry, err error) error {
		require.NoError(t, err)
		got[name] = local.Kind
		return nil
	}}
	require.NoError(t, c.Run(t.Context(), codec.Lit("top")))
	require.Equal(t, map[string]codec.Kind{
		"both": codec.Folder, "both/file": codec.Regular, "both/more": 0, "only": codec.Regular, "only/file": 0,
	}, got)
}

// A remote lists these entries below a folder called top; those that end in / are folders.
func listing(names ...string) compare.Remote {
	return compare.Remote{System: "linux", Find: func(
		_ context.Context, _ codec.Word, _ bool, each func(codec.Entry) error,
	) error {
		for _, name := range append([]string{""}, names...) {
			e := codec.Entry{Kind: codec.Regular, Name: "top/" + name}
			if path, ok := strings.CutSuffix(e.Name, "/"); ok {
				e.Kind, e.Name = codec.Folder, path
			}
			if err := each(e); err != nil {
				return err
			}
		}
		return nil
	}}
}

// alone returns the local names that a remote does not have.
func alone(t *testing.T, dir string, remote compare.Remote) ([]string, error) {
	t.Helper()
	return aloneWithin(t, &codec.Budget{}, dir, remote)
}

func aloneWithin(t *testing.T, budget *codec.Budget, dir string, remote compare.Remote) ([]string, error) {
	t.Helper()
	local, err := os.OpenRoot(dir)
	require.NoError(t, err)
	defer local.Close()
	var got []string
	c := compare.Comparison{
		Remote: remote, Local: local, Budget: budget,
		Pair: func(string, codec.Entry, codec.Entry, error) error { return nil },
		Alone: &compare.LocalWalk{
			Failed: func(name string, err error) { t.Error(name, err) },
			Each: func(name string, e codec.Entry, _ fs.FileInfo) error {
				if e.Kind == codec.Folder {
					name += "/"
				}
				got = append(got, name)
				return nil
			},
		},
	}
	err = c.Run(t.Context(), codec.Lit("top"))
	slices.Sort(got)
	return got, err
}

func TestAComparisonFindsWhatIsOnlyLocal(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a/one", "a/b/two", "a/b/three", "a/four", "c/d/five", "six", "link/seven"} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, nil, 0o600))
	}
	for _, test := range []struct{ remote, want []string }{
		{nil, []string{
			"a/", "a/b/", "a/b/three", "a/b/two", "a/four", "a/one", "c/", "c/d/", "c/d/five", "link/", "link/seven", "six",
		}},
		{
			[]string{"a/", "a/one", "a/b/", "a/b/two", "a/four", "c/", "c/d/", "c/d/five", "link", "six"},
			[]string{"a/b/three"},
		},
		{ // a folder whose entries come before and after those of another in it
			[]string{"six", "a/", "a/one", "a/b/", "a/b/two", "a/b/three", "a/new/", "a/new/x", "a/four", "link/", "c"},
			[]string{"link/seven"},
		},
	} {
		got, err := alone(t, dir, listing(test.remote...))
		require.NoError(t, err)
		require.Equal(t, test.want, got)
	}
}

// What a remote lists after it has left the folder would seem to be missing.
func TestAComparisonRefusesAListingThatIsNotDepthFirst(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a/one", "a/two", "b/one"} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, nil, 0o600))
	}
	for _, names := range [][]string{
		{"a/", "a/one", "b/", "b/one", "a/two"},
		{"a/one"},
		{"a/", "b/", "a/one"},
	} {
		_, err := alone(t, dir, listing(names...))
		require.ErrorIs(t, err, &codec.Error{Code: codec.BadFrame}, names)
	}
}

// A hostile remote may list names without end.
func TestAComparisonKeepsAsManyNamesAsFitIntoItsBudget(t *testing.T) {
	listed := 0
	endless := compare.Remote{System: "linux", Find: func(
		_ context.Context, _ codec.Word, _ bool, each func(codec.Entry) error,
	) error {
		for err := error(nil); ; listed++ {
			name := "top/" + strconv.Itoa(listed)
			if listed == 0 {
				name = "top"
			}
			if err = each(codec.Entry{Kind: codec.Folder, Name: name}); err != nil {
				return err
			}
		}
	}}
	budget := &codec.Budget{}
	for left := 1 << 30; left >= 8000; left /= 2 { // leave little
		if budget.Take(left) != nil {
			budget.Return(left)
		}
	}
	_, err := aloneWithin(t, budget, t.TempDir(), endless)
	require.ErrorIs(t, err, &codec.Error{Code: codec.TooBig})
	require.Less(t, listed, 8000/8+2)
}
