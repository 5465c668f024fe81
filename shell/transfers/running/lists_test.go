package running_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/shell/transfers/running"
)

func TestAListKeepsItsNames(t *testing.T) {
	names := []string{"", "a", "a/", "a/b", "a/b/c", "b", "b", "\xff", strings.Repeat("long", 1<<10)}
	for i := range 20_000 { // several chunks
		names = append(names, fmt.Sprintf("folder/some file number %d", i))
	}

	l := running.NameList{Budget: &codec.Budget{}}
	for _, name := range names {
		_, err := l.Add(name)
		require.NoError(t, err)
	}
	require.Equal(t, len(names), l.Len())
	require.Equal(t, names, slices.Collect(l.All()))
	require.Less(t, l.Size(), 20_000*8, "names that begin alike share their beginning")

	var words []string
	for batch := range l.Words() {
		size := 0
		for _, w := range batch {
			words = append(words, w.Text)
			require.True(t, w.Quoted)
			size += len(w.Text)
		}
		require.LessOrEqual(t, size, codec.MaxWords/4)
	}
	require.Equal(t, names, words)
	for range l.All() {
		break
	}
}

func TestAListKeepsItsEntries(t *testing.T) {
	var entries []codec.Entry
	for i := range 5000 {
		entries = append(entries, codec.Entry{
			Kind: codec.Regular, Mode: i % 0o1000, Size: int64(i), Name: fmt.Sprintf("name%d", i),
			Time: time.Unix(int64(i), int64(i)),
		})
	}
	l := running.EntryList{Budget: &codec.Budget{}}
	for i := range entries {
		require.NoError(t, l.Add(&entries[i]))
	}
	require.Equal(t, len(entries), l.Len())
	require.Equal(t, entries, slices.Collect(l.All()))
}

func TestListsEndWithTheirBudget(t *testing.T) {
	names := running.NameList{Budget: &codec.Budget{}}
	entries := running.EntryList{Budget: &codec.Budget{}}
	for name, add := range map[string]func(i int) error{
		"names": func(i int) error {
			_, err := names.Add(fmt.Sprintf("%d%s", i, strings.Repeat("x", 1000)))
			return err
		},
		"entries": func(i int) error {
			return entries.Add(&codec.Entry{Kind: codec.Regular, Name: strings.Repeat("x", 1000)})
		},
	} {
		n := 0
		for add(n) == nil {
			n++
		}
		require.ErrorIs(t, add(n), &codec.Error{Code: codec.TooBig}, name)
		require.Greater(t, n, 5_000, name)
		require.Less(t, n, 20_000, name)
	}
}
