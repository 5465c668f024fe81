package files_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/codec"
	"techsh/remote/remotetest"
)

const (
	deepest     = 900 // levels of folder, whose paths are longer than any path on the wire
	folder      = "dddd"
	descriptors = 400 // that the process may have
)

// plantDeep makes folders, each in the one before, with a file in the last one and one at
// the top.
func plantDeep(t *testing.T, dir, top string, depth int) {
	t.Helper()
	require.NoError(t, os.Mkdir(filepath.Join(dir, top), 0o755))
	at, err := os.OpenRoot(filepath.Join(dir, top))
	require.NoError(t, err)
	require.NoError(t, at.WriteFile("shallow", []byte("12"), 0o600))
	for range depth {
		require.NoError(t, at.Mkdir(folder, 0o755))
		next, err := at.OpenRoot(folder + "/.")
		require.NoError(t, err)
		at.Close()
		at = next
	}
	defer at.Close()
	require.NoError(t, at.WriteFile("deep", []byte("123"), 0o600))
}

// fewDescriptors limits the process to what is enough for trees that are not deep.
func fewDescriptors(t *testing.T) {
	t.Helper()
	var old unix.Rlimit
	require.NoError(t, unix.Getrlimit(unix.RLIMIT_NOFILE, &old))
	limited := unix.Rlimit{Cur: descriptors, Max: old.Max}
	require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &limited))
	t.Cleanup(func() { require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &old)) })
}

func TestTreesOfAnyDepthNeedFewDescriptors(t *testing.T) {
	h := remotetest.New(t, false)
	fewDescriptors(t)
	plantDeep(t, h.Dir, "t", deepest)
	c := h.Client(t)
	got := c.OK("DU t")
	require.Equal(t, fmt.Sprintf("5 2 %d t\n", deepest+1), withoutPair(got.Data, "allocated"))
	for _, line := range []string{"FIND t", "DIR -R t"} {
		got, _ := c.Fails(line, codec.Partial)
		require.Len(t, got.Notes, 1, line)
		require.Contains(t, got.Notes[0], "a path of more than 4096 bytes, the limit", line)
		names := got.Names(t)
		require.Contains(t, strings.Join(names, "\n"), "shallow", line)
		require.Len(t, names, (4096-len("t"))/len("/"+folder)+2, line)
	}
	got = c.OK("COPY -r t copy")
	files, _ := got.Pairs.Int("files")
	require.EqualValues(t, 2, files)
	require.Equal(t, fmt.Sprintf("5 2 %d copy\n", deepest+1), withoutPair(c.OK("DU copy").Data, "allocated"))
	c.OK("DEL -r t copy")
	left, err := os.ReadDir(h.Dir)
	require.NoError(t, err)
	require.Empty(t, left)
}

// The paths in a tree may be far longer than any path on the wire.
func TestTreesWithLongPathsTakeLittleMemory(t *testing.T) {
	h := remotetest.New(t, false)
	at, err := os.OpenRoot(h.Dir)
	require.NoError(t, err)
	const levels = 1000
	name := strings.Repeat("d", 250)
	for range levels {
		require.NoError(t, at.Mkdir(name, 0o755))
		next, err := at.OpenRoot(name + "/.")
		require.NoError(t, err)
		at.Close()
		at = next
		require.NoError(t, at.WriteFile("file", nil, 0o600))
	}
	at.Close()
	c := h.Client(t)
	for _, line := range []string{"DU " + name, "COPY -r " + name + " copy", "DEL -r copy"} {
		var before, after runtime.MemStats
		debug.FreeOSMemory()
		runtime.ReadMemStats(&before)
		c.OK(line)
		runtime.ReadMemStats(&after)
		used := func(m *runtime.MemStats) int64 { return int64(m.HeapSys - m.HeapReleased) }
		require.Less(t, used(&after)-used(&before), int64(48<<20), line[:4])
	}
	require.Contains(t, c.OK("DU "+name).Data, fmt.Sprintf("0 %d %d ", levels, levels))
}

func TestAMoveToAnotherFileSystemIsAsDeepAsTheTree(t *testing.T) {
	h := remotetest.New(t, false)
	other := otherFileSystem(h, t)
	require.NoError(t, os.Symlink(other, filepath.Join(h.Dir, "other")))
	fewDescriptors(t)
	plantDeep(t, h.Dir, "t", deepest)
	c := h.Client(t)
	c.OK("MOVE t other/moved")
	require.NoDirExists(t, filepath.Join(h.Dir, "t"))
	require.Equal(t, fmt.Sprintf("5 2 %d other/moved\n", deepest+1),
		withoutPair(c.OK("DU other/moved").Data, "allocated"))
	c.OK("DEL -r other/moved")
	left, err := os.ReadDir(other)
	require.NoError(t, err)
	require.Empty(t, left)
}

// A pattern may match paths that are deeper than what may be typed.
func TestPatternsMatchAtAnyDepth(t *testing.T) {
	h := remotetest.New(t, false)
	plantDeep(t, h.Dir, "t", 100)
	c := h.Client(t)
	deep := "t/" + strings.Repeat(folder+"/", 100) + "deep"
	require.Contains(t, c.OK("HASH t/**/deep").Data, deep)
	require.Equal(t, []string{deep}, c.OK("STAT t/**/deep").Names(t))
	c.Fails("STAT "+deep, codec.BadName)
	require.Equal(t, []string{deep}, findPaths(c, "FIND t --name deep"))
	c.OK("DEL t/**/deep")
	require.Empty(t, findPaths(c, "FIND t --name deep"))
}
