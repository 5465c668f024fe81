package files_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/shell/shelltest"
)

// someEntries returns n different entries, some with equal sizes and times.
func someEntries(n int) []codec.Entry {
	r := rand.New(rand.NewPCG(1, 2))
	letters := []string{"a", "A", "b", "B", "1", "é", "É", "\xff", " ", "\n", "_", "~"}
	list := make([]codec.Entry, n)
	for i := range list {
		name := ""
		for range 1 + r.IntN(6) {
			name += letters[r.IntN(len(letters))]
		}
		e := codec.Entry{
			Kind: codec.Regular,
			Mode: r.IntN(0o1000),
			Size: r.Int64N(4),
			Time: time.Unix(r.Int64N(3)-1, r.Int64N(2)),
			Name: fmt.Sprint(name, ".", i),
		}
		switch r.IntN(8) {
		case 0:
			e.Kind, e.Target = codec.Link, "target of "+name
		case 1:
			e.Kind, e.Mode, e.Size, e.Time = codec.Folder, codec.Unknown, codec.Unknown, time.Time{}
		case 2:
			e.More = codec.Pairs{{Key: "user", Value: "ann"}, {Key: "group", Value: name}}
		case 3:
			e.Size, e.Time = 1<<62, time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC)
		case 4:
			e.Time = time.Date(1, 1, 1, 0, 0, 0, 1, time.UTC)
		}
		list[i] = e
	}
	return list
}

// writeEntries writes entries in DATA frames.
func writeEntries(c *codec.Conn, list []codec.Entry) {
	var lines []byte
	for _, e := range list {
		if lines = append(e.Append(lines), '\n'); len(lines) > 64<<10 {
			_ = c.Write(codec.DATA, lines)
			lines = lines[:0]
		}
	}
	_ = c.Write(codec.DATA, lines)
}

// A listing handles several folders of any size, one after another.
func TestDirSortsFoldersOfAnySize(t *testing.T) {
	var folders [][]codec.Entry
	for _, n := range []int{0, 1, 2, 4095, 4096, 4097, 8192, 5000} { // the sorter has runs of 4096 entries
		folders = append(folders, someEntries(n))
	}
	s, _ := shelltest.NewHostile(t, shelltest.Answers{"DIR": func(c *codec.Conn, _ []codec.Word) {
		for i, list := range folders {
			folder := codec.Entry{Kind: codec.Folder, Mode: 0o755, Size: codec.Unknown, Name: fmt.Sprint("folder", i)}
			_ = c.Write(codec.FILE, append(folder.Append(nil), '\n'))
			writeEntries(c, list)
		}
		shelltest.OK(c)
	}})
	byName := func(a, b codec.Entry) int {
		lower := strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
		return cmp.Or(lower, strings.Compare(a.Name, b.Name))
	}
	for line, order := range map[string]func(a, b codec.Entry) int{
		"dir -l":     byName,
		"dir -l -r":  func(a, b codec.Entry) int { return byName(b, a) },
		"dir -l -S":  func(a, b codec.Entry) int { return cmp.Or(cmp.Compare(b.Size, a.Size), byName(a, b)) },
		"dir -l -t":  func(a, b codec.Entry) int { return cmp.Or(b.Time.Compare(a.Time), byName(a, b)) },
		"dir -l -tr": func(a, b codec.Entry) int { return cmp.Or(a.Time.Compare(b.Time), byName(b, a)) },
	} {
		var want []string
		for _, list := range folders {
			for _, e := range slices.SortedFunc(slices.Values(list), order) {
				want = append(want, string(e.Append(nil)))
			}
		}
		require.NoError(t, s.Run(line))
		got := strings.Split(strings.TrimSuffix(s.Printed(), "\n"), "\n")
		require.Len(t, got, len(want), line)
		for i := range want {
			require.Equal(t, want[i], got[i], "%s, line %d", line, i)
		}
	}
}

// Listing a huge folder needs little more memory than its names.
func TestDirOfAHugeFolderNeedsLittleMemory(t *testing.T) {
	const (
		entries  = 300_000
		overhead = 32 // bytes per entry, without its name
	)
	name := func(i int) string { return fmt.Sprintf("a file of many-%06d.txt", i*7919%entries) }
	proceed := make(chan struct{})
	s, _ := shelltest.NewHostile(t, shelltest.Answers{"DIR": func(c *codec.Conn, _ []codec.Word) {
		var list []codec.Entry
		for i := range entries {
			at := time.Unix(1_800_000_000+int64(i), 999_999_999)
			e := codec.Entry{Kind: codec.Regular, Mode: 0o644, Size: int64(i), Time: at, Name: name(i)}
			if list = append(list, e); len(list) == 1000 {
				writeEntries(c, list)
				list = list[:0]
			}
		}
		_ = c.WriteWords(codec.NOTE, codec.Lits("not-allowed", "last", "it is behind the entries")...)
		_ = c.Flush()
		<-proceed
		_ = c.WriteWords(codec.ERR, codec.Lits("partial", "1 failed", "failed=1")...)
	}})
	require.NoError(t, s.Run("ping"))
	s.Printed()
	live := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := live()
	ended := make(chan error)
	go func() { ended <- s.Run("dir") }()
	s.PrintedUntil("it is behind the entries\n")
	require.Less(t, live()-before, int64(entries*(len(name(0))+overhead)))
	close(proceed)
	require.Error(t, <-ended)
	lines := strings.Split(strings.TrimSuffix(s.Printed(), "\n"), "\n")
	require.Len(t, lines, entries+1) // and the error line
	require.True(t, slices.IsSorted(lines[:entries]))
}

func TestLdirSortsByName(t *testing.T) {
	s := shelltest.NewPlain(t)
	for _, name := range []string{"b", "A", "a", ".hidden", "Z", ".techsh-part-0123456789ab31c5"} {
		require.NoError(t, os.WriteFile(s.Dir+"/"+name, nil, 0o600))
	}
	require.Equal(t, "A\na\nb\nZ\n", s.Says("ldir"))
	require.Equal(t, ".hidden\nA\na\nb\nZ\n", s.Says("ldir -a"))
}

// Files on Windows have no mode.
func TestAnUnknownModeIsShownAsADash(t *testing.T) {
	s, _ := shelltest.NewHostile(t, shelltest.Answers{
		"DIR":  shelltest.Tells("f - 3 - a.txt\nf 0640 3 - b.txt\nd - - - sub\n"),
		"STAT": shelltest.Tells("f - 3 - a.txt\n"),
	})
	require.NoError(t, s.Run("dir -l"))
	require.Equal(t, "f - 3 - a.txt\nf 0640 3 - b.txt\nd - - - sub\n", s.Printed())
	require.NoError(t, s.Run("stat a.txt"))
	require.NotContains(t, s.Printed(), "mode")
	s.Terminals(true, true)
	require.NoError(t, s.Run("dir -l"))
	lines := strings.Split(s.Printed(), "\n")
	require.Regexp(t, `^-           +3 B .* a\.txt$`, lines[0])
	require.Regexp(t, `^-rw-r-----  +3 B .* b\.txt$`, lines[1])
	require.Regexp(t, `^-            .* sub/?$`, lines[2])
}
