package files_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

// plantUsage makes two folders with hard links within and between them, and with holes.
func plantUsage(t *testing.T, h *remotetest.Remote) {
	t.Helper()
	write := func(name string, size int) { h.Write(t, name, strings.Repeat("x", size)) }
	link := func(from, to string) {
		require.NoError(t, os.Link(filepath.Join(h.Dir, from), filepath.Join(h.Dir, to)))
	}
	for _, dir := range []string{"a/sub", "b"} {
		require.NoError(t, os.MkdirAll(filepath.Join(h.Dir, dir), 0o755))
	}
	write("a/one", 100_000)
	link("a/one", "a/two")
	link("a/one", "a/sub/three")
	link("a/one", "b/four")
	write("b/own", 10)
	write("a/holes", 5)
	require.NoError(t, os.Truncate(filepath.Join(h.Dir, "a/holes"), 1<<30))
	require.NoError(t, os.Symlink("one", filepath.Join(h.Dir, "a/link")))
}

func TestDuCountsAFileWithSeveralNamesOnceAndHolesNotOnTheDisk(t *testing.T) {
	h := remotetest.New(t, false)
	plantUsage(t, h)
	got := h.Client(t).OK("DU a b")
	lines := strings.Split(strings.TrimSpace(got.Data), "\n")
	require.Len(t, lines, 2)
	require.True(t, strings.HasPrefix(lines[0], fmt.Sprintf("%d 5 2 a allocated=", 100_000+1<<30+3)), lines[0])
	require.True(t, strings.HasPrefix(lines[1], "10 2 1 b allocated="), lines[1])
	linked, _ := got.Pairs.Int("linked")
	require.EqualValues(t, 300_000, linked, "each other name of one")
	total := int64(0)
	for _, line := range lines {
		words, err := codec.Split(line)
		require.NoError(t, err)
		pairs, err := codec.ParsePairs(words[4:])
		require.NoError(t, err)
		n, _ := pairs.Int("allocated")
		require.Less(t, n, int64(1<<20), "a hole takes nothing")
		total += n
	}
	allocated, _ := got.Pairs.Int("allocated")
	require.Equal(t, total, allocated)
}

func TestDuAgreesWithTheProgramOfTheSystem(t *testing.T) {
	h := remotetest.New(t, false)
	plantUsage(t, h)
	out, err := exec.Command("du", "-s", "-B1", filepath.Join(h.Dir, "a")).Output()
	if err != nil && os.Getenv("CI") != "true" {
		t.Skip("du is not installed: ", err)
	}
	require.NoError(t, err)
	want, _, _ := strings.Cut(string(out), "\t")
	require.Contains(t, h.Client(t).OK("DU a").Data, " allocated="+want+"\n")
}
