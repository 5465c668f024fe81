//go:build unix

package shell

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/remote"
)

// answered runs a line at the prompt: each question ends in its text, and gets
// its answer.
func (s *Shell) answered(t *testing.T, d *session, line string, answers ...[2]string) error {
	t.Helper()
	done := make(chan error)
	go func() { done <- s.does(t, line) }()
	for _, a := range answers {
		d.SeesLast(a[0])
		d.Types(a[1])
	}
	return <-done
}

func TestCopyAndMoveAskBeforeTheyReplaceWhatIsThere(t *testing.T) {
	at := time.Date(2020, 2, 2, 12, 0, 0, 0, time.Local)
	const old, all = ", 4 B of 2020-02-02 12:00, by ", "5 B of 2020-02-02 12:00? [y/N/all]"
	for _, test := range []struct {
		line    string
		answers [][2]string
		holds   map[string]string
		moves   bool // a away
		says    string
		code    codec.Code
	}{
		{line: "copy a b", answers: [][2]string{{"replace b" + old + all, "y\r"}}, holds: map[string]string{"b": "new a"}},
		{line: "copy a b", answers: [][2]string{{"replace b" + old + all, "\r"}}, holds: map[string]string{"b": "old\n"}, says: "1 kept\n"},
		{line: "copy a b", answers: [][2]string{{"replace b" + old + all, "\x03"}}, holds: map[string]string{"b": "old\n"}, says: "copy: the rest is as it was\n", code: codec.Declined},
		{line: "copy -r a to/b", answers: [][2]string{{"replace to/b" + old + all, "y\r"}}, holds: map[string]string{"to/b": "new a"}},
		{line: "move a b", answers: [][2]string{{"replace b" + old + all, "y\r"}}, holds: map[string]string{"b": "new a"}, moves: true},
		{
			line: "copy from/* to", answers: [][2]string{{"replace to/a" + old + all, "n\r"}, {"replace to/b" + old + all, "y\r"}},
			holds: map[string]string{"to/a": "old\n", "to/b": "new b", "to/c": "new c"}, says: "1 kept\n",
		},
		{
			line: "move from/a from/b from/c from/none to", answers: [][2]string{{"replace to/a" + old + all, "all\r"}},
			holds: map[string]string{"to/a": "new a", "to/b": "new b", "to/c": "new c"}, says: "move: from/none: no such file or folder\nmove: 1 of 4 failed\n", code: codec.Partial,
		},
		{ // what is in trees, and what could be one or the other, is refused as ever
			line: "copy -r from a other", holds: map[string]string{"other/from/a": "old\n", "other/a": "old\n", "other/from/b": "new b"},
			says: "copy: other/from/a: exists already\ncopy: other/a: exists already\ncopy: 2 of 5 failed\n", code: codec.Partial,
		},
		{line: "move from other", holds: map[string]string{"other/from/a": "old\n"}, says: "move: other/from: exists already\n  -f replaces it\n", code: codec.Exists},
	} {
		s, d, output, tree := atDesk(t)
		for _, dir := range []string{"from", "to", "other/from"} {
			require.NoError(t, os.MkdirAll(filepath.Join(tree, dir), 0o755))
		}
		for name, text := range map[string]string{
			"a": "new a", "b": "old\n", "from/a": "new a", "from/b": "new b", "from/c": "new c", "to/a": "old\n", "to/b": "old\n", "other/a": "old\n", "other/from/a": "old\n",
		} {
			path := filepath.Join(tree, name)
			require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
			require.NoError(t, os.Chtimes(path, at, at))
		}
		err := s.answered(t, d, test.line, test.answers...)
		if test.code == "" {
			require.NoError(t, err, test.line)
		} else {
			require.ErrorIs(t, err, &codec.Error{Code: test.code}, test.line)
		}
		require.Equal(t, test.says, output(), test.line)
		for name, text := range test.holds {
			holds, err := os.ReadFile(filepath.Join(tree, name))
			require.NoError(t, err)
			require.Equal(t, text, string(holds), "%s: %s", test.line, name)
		}
		_, err = os.Stat(filepath.Join(tree, "a"))
		require.Equal(t, test.moves, os.IsNotExist(err), test.line)
		s.nested = 1 // a script is not asked
		require.ErrorIs(t, s.does(t, "copy notes.txt b"), &codec.Error{Code: codec.Exists})
		require.Equal(t, "copy: b: exists already\n  -f replaces it\n", output())
	}
}

// Who may delete need not be able to count.
func TestDeletingIsAskedAboutAlsoWhereNothingIsCounted(t *testing.T) {
	s, output, _ := pairedShell(t, &remote.Server{}, trust.Del)
	d := newSession(t, 100, 24)
	s.editor = d.ed
	require.ErrorIs(t, s.answered(t, d, "del *.txt", [2]string{"delete *.txt? [y/N]", "n\r"}), &codec.Error{Code: codec.Declined})
	require.Equal(t, "del: nothing was deleted\n", output())
	require.NoError(t, s.answered(t, d, "del -r logs", [2]string{"delete logs? [y/N]", "y\r"}))
	require.NoError(t, s.answered(t, d, "del *.txt", [2]string{"delete *.txt? [y/N]", "y\r"}))
	require.Error(t, s.does(t, "del notes.txt"), "it has gone")
}
