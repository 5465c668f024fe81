package remotetest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Marker is a part of the text of every file outside the jail, and a part of the name of
// one of these files. No answer may contain it.
const Marker = "MARKER"

// A World is a folder with a jail in it and, if Outside is set, files beside the jail.
type World struct {
	Base    string
	Outside bool
}

// NewWorld returns a world with files outside the jail.
func NewWorld(t testing.TB) World {
	t.Helper()
	base, err := filepath.EvalSymlinks(t.TempDir()) // absolute links in the world need the real path
	require.NoError(t, err)
	w := World{base, true}
	w.Build(t)
	return w
}

func (w World) Root() string { return filepath.Join(w.Base, "root") }

// Build makes the world in its initial state.
func (w World) Build(t testing.TB) {
	t.Helper()
	require.NoError(t, os.MkdirAll(w.Root(), 0o777))
	w.Restore(t, State(t, w.Root(), ""))
	outside := map[string]string{}
	if w.Outside {
		outside = map[string]string{
			"secret.txt":     Marker,
			"sub/secret.txt": Marker,
			Marker + "/x":    Marker,
			"sub/empty/":     "",
		}
	}
	require.NoError(t, os.RemoveAll(filepath.Join(w.Base, "outside")))
	Plant(t, filepath.Join(w.Base, "outside"), outside)
	Plant(t, filepath.Join(w.Base, "root-beside"), outside)
}

// Restore brings the jail back to its initial state. The parameter there describes the
// current state of the jail.
func (w World) Restore(t testing.TB, there map[string]string) {
	t.Helper()
	what := map[string]string{
		"in.txt": "inside", "dir/file.txt": "file", "dir/deep/leaf.txt": "leaf", "\xff\xfe": "",
		".hidden": "", "two words": "", "empty/": "", "fifo": "|",
		"toFile": "@in.txt", "toDir": "@dir", "dir/back": "@..", "dir/deep/away": "@../../..",
		"up": "@..", "absIn": "@" + w.Root() + "/dir", "absRoot": "@" + w.Root(),
		"outFile": "@../outside/secret.txt", "outDir": "@../outside", "outNew": "@../outside/new",
		"outNone": "@../outside/none/none",
		"outAbs":  "@" + w.Base + "/outside/secret.txt", "outAbsDir": "@" + w.Base + "/outside", "outAbsNew": "@" +
			w.Base + "/outside/new", "outAbsUp": "@" + w.Root() + "/../outside",
		"chain1": "@chain2", "chain2": "@dir/chain3", "dir/chain3": "@../outDir", "loopA": "@loopB",
		"loopB": "@loopA", "self": "@self", "slash": "@/",
		"beside": "@../root-beside", "absBeside": "@" + w.Root() + "-beside", "underFile": "@in.txt/../dir",
	}
	for path, is := range there {
		name, _ := filepath.Rel(w.Root(), path)
		want, planned := what[name]
		if info, text, _ := strings.Cut(is, "\n"); info[0] != 'd' &&
			(!planned || text != strings.TrimLeft(want, "@|")) {
			require.NoError(t, os.RemoveAll(path))
		}
		if _, planned := what[name+"/"]; is[0] == 'd' && !planned && !slices.Contains(
			[]string{".", "dir", "dir/deep"},
			name,
		) {
			require.NoError(t, os.RemoveAll(path))
		}
	}
	Plant(t, w.Root(), what)
}

// Jailed starts a server with this Root, and returns a client of it.
func Jailed(t testing.TB, root string) *Client {
	h := New(t, false)
	h.Server.Root = root
	return h.Client(t)
}
