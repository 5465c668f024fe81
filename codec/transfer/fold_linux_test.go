package transfer_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/unicode/norm"

	"techsh/codec"
	"techsh/codec/codectest"
)

// folding returns a folder whose file system takes the two names for the same one. links
// tells whether it has hard links.
func folding(t *testing.T, _, _ string, links bool) string {
	fold := func(name string) string { return codectest.LowerASCII(norm.NFC.String(name)) }
	return (&codectest.Folding{Fold: fold, NoLinks: !links}).Mount(t)
}

// A file system without such names takes both.
func TestNamesThatDifferInCaseLand(t *testing.T) {
	for _, fold := range []func(string) string{
		func(name string) string { return name },
		nil, // the file system of the machine
	} {
		dir := t.TempDir()
		if fold != nil {
			dir = (&codectest.Folding{Fold: fold}).Mount(t)
		}
		for _, force := range []bool{false, true} {
			rec := treeInto(t, dir, force)
			all := map[string]string{"top/": "", "top/Sub/": "", "top/sub/": ""}
			send := [][2]string{{"top/", ""}}
			for _, name := range []string{"top/a", "top/A", "top/" + composed, "top/" + decomposed} {
				all[name] = name
				send = append(send, [2]string{name, name})
			}
			send = append(send, [][2]string{{"top/Sub/", ""}, {"top/sub/", ""}}...)
			rec.sendEach(t, send...)
			require.Empty(t, rec.failed)
			require.Equal(t, all, codectest.Harvest(t, dir))
		}
	}
}

// A file system such as APFS stores only names that are Unicode. Such a name is refused
// there, and is not changed.
func TestNamesThatAreNotUnicodeAreRefused(t *testing.T) {
	fs := codectest.Folding{Fold: strings.ToLower, Refuses: func(name string) bool { return !utf8.ValidString(name) }}
	dir := fs.Mount(t)
	rec := treeInto(t, dir, true)
	rec.sendEach(t, [][2]string{
		{"top/", ""}, {"top/caf\xe9", "1"}, {"top/x", "x"}, {"top/d\xff/", ""}, {"top/d\xff/y", "2"}, {"top/l\xff", "->x"},
	}...)
	require.Equal(t, map[string]string{"top/": "", "top/x": "x"}, codectest.Harvest(t, dir))
	require.Len(t, rec.failed, 3)
	for _, name := range []string{"top/caf\xe9", "top/d\xff", "top/l\xff"} {
		requireCode(t, rec.failed[name], codec.BadName)
		require.ErrorContains(t, codec.Explain("", rec.failed[name]), "valid UTF-8")
	}
	plain := t.TempDir()
	rec = treeInto(t, plain, true)
	rec.sendEach(t, [][2]string{{"top/", ""}, {"top/caf\xe9", "1"}, {"top/l\xff", "->x"}}...)
	require.Empty(t, rec.failed)
	require.Equal(
		t, map[string]string{"top/": "", "top/caf\xe9": "1", "top/l\xff": "->x"}, codectest.Harvest(t, plain),
	)
}
