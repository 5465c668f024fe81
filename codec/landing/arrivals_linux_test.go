package landing_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/codectest"
	"techsh/codec/landing"
)

// If it is not known which files have arrived, a file is replaced only if it has no other
// name.
func TestArrivalsThatAreNotKnown(t *testing.T) {
	for dir, code := range map[string]codec.Code{
		(&codectest.Folding{Fold: codectest.LowerASCII}).Mount(t): codec.Clash,
		t.TempDir(): "",
	} {
		require.NoError(t, os.WriteFile(filepath.Join(dir, "Name"), nil, 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(dir, "1"), nil, 0o600))
		root := open(t, dir)
		defer root.Close()
		var arrived landing.Arrivals
		name := "Name"
		if code != "" {
			name = "name"
		}
		fi, err := root.Lstat(name)
		require.NoError(t, err)
		require.NoError(t, arrived.Check(root, name, fi))
		arrived.Add(root, "does not exist")
		if err := arrived.Check(root, name, fi); code == "" {
			require.NoError(t, err)
		} else {
			requireCode(t, err, code)
		}
		fi, err = root.Lstat("1")
		require.NoError(t, err)
		require.NoError(t, arrived.Check(root, "1", fi))
	}
}

func TestNamesFoldAsFileSystemsDo(t *testing.T) {
	for _, same := range [][]string{
		{"Makefile", "makefile", "MAKEFILE"},
		{"caf\u00e9", "cafe\u0301", "CAF\u00c9", "CAFE\u0301"},
		{"\u1e9b\u0323", "\u1e69", "s\u0323\u0307", "S\u0307\u0323"},
		{"stra\u00dfe", "STRASSE", "stra\u017fse", "STRA\u1e9eE"},
		{"\u03c3", "\u03c2", "\u03a3"},
		{"\u212a", "k"},
		{"\ud55c", "\u1112\u1161\u11ab"},
	} {
		for _, name := range same {
			require.Equal(t, landing.FoldName(same[0]), landing.FoldName(name), "%q %q", same[0], name)
		}
	}
	different := map[string]bool{}
	for _, name := range []string{"a", "b", "a ", "\u00e9", "e", "i", "\xe9", "\xe8", "a\x00b"} {
		different[landing.FoldName(name)] = true
	}
	require.Len(t, different, 9)
}
