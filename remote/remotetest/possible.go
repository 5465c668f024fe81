package remotetest

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"techsh/codec/codectest"
	"techsh/codec/landing"
)

// CanName reports whether files may have the names in a path: on Windows not all bytes can
// be in names.
func CanName(path string) bool {
	if runtime.GOOS != "windows" {
		return true
	}
	return !slices.ContainsFunc(landing.Components(path), func(name string) bool {
		return !utf8.ValidString(name) || landing.CheckName(name) != nil && !landing.IsPart(name)
	})
}

// CanLink reports whether this computer makes symbolic links.
func CanLink(t testing.TB) bool {
	t.Helper()
	return runtime.GOOS != "windows" || codectest.CanLink(t)
}

// NeedLinks skips a test that is about symbolic links if this computer makes none.
func NeedLinks(t testing.TB) {
	t.Helper()
	if !CanLink(t) {
		SkipWithout(t, "no symbolic links")
	}
}

// Link makes the symbolic link path to target.
func Link(t testing.TB, target, path string) {
	t.Helper()
	NeedLinks(t)
	require.NoError(t, os.Symlink(target, path))
}

// SetHome sets the home folder of this user, for the time of a test.
func SetHome(t testing.TB, dir string) {
	t.Helper()
	t.Setenv("HOME", dir)
	t.Setenv("USERPROFILE", dir) // of Windows
}

// Without returns the elements of paths that are neither in left nor below a path in
// left. left has the names that Plant has left out.
func Without(left, paths []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(path string) bool {
		return slices.ContainsFunc(left, func(name string) bool {
			name = strings.TrimSuffix(name, "/")
			return path == name || strings.HasPrefix(path, name+"/")
		})
	})
}
