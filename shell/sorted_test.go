package shell

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

// someEntries are n of all sorts, among them equal sizes and times.
func someEntries(n int) []codec.Entry {
	r := rand.New(rand.NewPCG(1, 2))
	letters := []string{"a", "A", "b", "B", "1", "é", "É", "\xff", " ", "\n", "_", "~"}
	list := make([]codec.Entry, n)
	for i := range list {
		name := ""
		for range 1 + r.IntN(6) {
			name += letters[r.IntN(len(letters))]
		}
		e := codec.Entry{Kind: codec.Regular, Mode: r.IntN(0o1000), Size: r.Int64N(4), Time: time.Unix(r.Int64N(3)-1, r.Int64N(2)), Name: fmt.Sprint(name, ".", i)}
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

func TestEntriesAreInOrderHoweverManyThereAre(t *testing.T) {
	name := func(a, b *codec.Entry) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.Name, b.Name))
	}
	option := func(letters ...string) invocation {
		args, err := codec.Options(codecWords(letters), listingRows()[0].options, false)
		require.NoError(t, err)
		return invocation{Args: args}
	}
	for _, c := range []struct {
		options []string
		want    func(a, b *codec.Entry) int
	}{
		{nil, name},
		{[]string{"-r"}, func(a, b *codec.Entry) int { return name(b, a) }},
		{[]string{"-S"}, func(a, b *codec.Entry) int { return cmp.Or(cmp.Compare(b.Size, a.Size), name(a, b)) }},
		{[]string{"-t"}, func(a, b *codec.Entry) int { return cmp.Or(b.Time.Compare(a.Time), name(a, b)) }},
		{[]string{"-t", "-r"}, func(a, b *codec.Entry) int { return cmp.Or(a.Time.Compare(b.Time), name(b, a)) }},
	} {
		s := sorter{order: orderOf(option(c.options...))}
		for _, n := range []int{0, 1, 2, runMost - 1, runMost, runMost + 1, 2 * runMost, 5000} { // one sorter serves folder after folder
			list := someEntries(n)
			var got, want []string
			for i := range list {
				s.add(list[i])
			}
			slices.SortFunc(list, func(a, b codec.Entry) int { return c.want(&a, &b) })
			for _, e := range list {
				want = append(want, e.String())
			}
			for e := range s.all {
				got = append(got, e.String())
			}
			require.Len(t, got, n)
			for i := range want {
				require.Equal(t, want[i], got[i], "%v, %d entries, number %d", c.options, n, i)
			}
		}
	}
}

func codecWords(texts []string) (words []codec.Word) {
	for _, text := range texts {
		words = append(words, codec.Bare(text))
	}
	return words
}

func TestAnEndedListingForgetsTheRest(t *testing.T) {
	s := sorter{order: byName}
	for _, e := range someEntries(3 * runMost) {
		s.add(e)
	}
	for range s.all {
		break
	}
	for range s.all {
		require.Fail(t, "an entry is left")
	}
}

// A listing of a million entries holds little more than their names.
func TestAHugeFolderIsHeldInLittleRoom(t *testing.T) {
	const n, most = 300_000, 32 // bytes an entry, and its name
	live := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := live()
	s := sorter{order: byName}
	names := 0
	for i := range n {
		e := codec.Entry{Kind: codec.Regular, Mode: 0o644, Size: int64(i), Time: time.Unix(1_800_000_000+int64(i), 999_999_999), Name: fmt.Sprintf("a file of many-%06d.txt", i*7919%n)}
		names += len(e.Name)
		s.add(e)
	}
	require.Less(t, live()-before-int64(names), int64(n*most))
	last, came := "", 0
	for e := range s.all {
		require.Less(t, last, e.Name)
		last = e.Name
		came++
	}
	require.Equal(t, n, came)
}
