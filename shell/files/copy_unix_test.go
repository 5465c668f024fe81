//go:build unix

package files_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec/trust"
	"techsh/remote"
	"techsh/shell/shelltest"
)

// An answer is what the test types when the terminal shows a question.
type answer struct{ question, keys string }

// runs types a line and answers the questions. It returns the rest of the output.
func runs(p *shelltest.Prompt, line string, answers ...answer) string {
	p.Helper()
	p.Types("\x15", line)
	p.SeesLine(line)
	before := len(p.Rows())
	p.Types("\r")
	for _, a := range answers {
		p.SeesLast(a.question)
		p.Types(a.keys)
	}
	var printed []string
	p.Until(func(rows []string) bool {
		n := len(rows)
		printed = rows[min(before, n-1) : n-1]
		return n > before && strings.HasSuffix(rows[n-1], ">")
	})
	printed = slices.DeleteFunc(slices.Clone(printed), func(row string) bool { return strings.Contains(row, "[y/N") })
	return strings.Join(printed, "\n")
}

func TestCopyAndMoveAskBeforeTheyReplaceAFile(t *testing.T) {
	old := time.Date(2020, 2, 2, 12, 0, 0, 0, time.Local)
	asks := func(name, keys string) answer {
		return answer{"replace " + name + ", 4 B of 2020-02-02 12:00, by 5 B of 2020-02-02 12:00? [y/N/all]", keys}
	}
	for _, test := range []struct {
		line    string
		answers []answer
		holds   map[string]string
		moves   bool // a is gone afterwards
		says    string
	}{
		{
			line:    "copy a b",
			answers: []answer{asks("b", "y\r")},
			holds:   map[string]string{"b": "new a"},
		},
		{
			line:    "copy a b",
			answers: []answer{asks("b", "\r")},
			holds:   map[string]string{"b": "old\n"},
			says:    "1 kept",
		},
		{
			line:    "copy a b",
			answers: []answer{asks("b", "\x03")},
			holds:   map[string]string{"b": "old\n"},
			says:    "copy: the remaining files were not changed",
		},
		{
			line:    "copy -r a to/b",
			answers: []answer{asks("to/b", "y\r")},
			holds:   map[string]string{"to/b": "new a"},
		},
		{
			line:    "move a b",
			answers: []answer{asks("b", "y\r")},
			holds:   map[string]string{"b": "new a"},
			moves:   true,
		},
		{
			line:    "copy from/* to",
			answers: []answer{asks("to/a", "n\r"), asks("to/b", "y\r")},
			holds:   map[string]string{"to/a": "old\n", "to/b": "new b", "to/c": "new c"},
			says:    "1 kept",
		},
		{
			line:    "move from/a from/b from/c from/none to",
			answers: []answer{asks("to/a", "all\r")},
			holds:   map[string]string{"to/a": "new a", "to/b": "new b", "to/c": "new c"},
			says:    "move: from/none: no such file or folder\nmove: 1 of 4 failed",
		},
		{ // two sources are called a, and sources inside folders are uncertain
			line:  "copy -r from a other",
			holds: map[string]string{"other/from/a": "old\n", "other/a": "old\n", "other/from/b": "new b"},
			says: "copy: other/from/a: exists already\ncopy: other/a: exists already\n" +
				"copy: 2 of 5 failed",
		},
		{
			line:  "move from other",
			holds: map[string]string{"other/from/a": "old\n"},
			says:  "move: other/from: exists already\n  -f replaces it",
		},
	} {
		t.Run(test.line, func(t *testing.T) {
			s := shelltest.NewPlain(t)
			for name, text := range map[string]string{
				"a":            "new a",
				"b":            "old\n",
				"from/a":       "new a",
				"from/b":       "new b",
				"from/c":       "new c",
				"to/a":         "old\n",
				"to/b":         "old\n",
				"other/a":      "old\n",
				"other/from/a": "old\n",
			} {
				path := filepath.Join(s.Tree, name)
				require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
				require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
				require.NoError(t, os.Chtimes(path, old, old))
			}
			p := s.Prompt()
			require.Equal(t, test.says, runs(p, test.line, test.answers...))
			for name, text := range test.holds {
				holds, err := os.ReadFile(filepath.Join(s.Tree, name))
				require.NoError(t, err)
				require.Equal(t, text, string(holds), name)
			}
			_, err := os.Stat(filepath.Join(s.Tree, "a"))
			require.Equal(t, test.moves, os.IsNotExist(err))
		})
	}
}

func TestAScriptThatAPromptRunsIsNotAsked(t *testing.T) {
	s := shelltest.NewPlain(t)
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "script"), []byte("copy notes.txt three.sh\n"), 0o600))
	require.Equal(t, "script:1: copy: three.sh: exists already\n  -f replaces it", runs(s.Prompt(), "source script"))
}

// The right to delete does not include the right to count files.
func TestDeletingIsAskedAboutAlsoWhereNothingIsCounted(t *testing.T) {
	s, _ := shelltest.NewPaired(t, &remote.Server{}, trust.Del)
	p := s.Prompt()
	require.Equal(t, "del: nothing was deleted", runs(p, "del *.txt", answer{"delete *.txt? [y/N]", "n\r"}))
	require.Empty(t, runs(p, "del -r logs", answer{"delete logs? [y/N]", "y\r"}))
	require.Empty(t, runs(p, "del *.txt", answer{"delete *.txt? [y/N]", "y\r"}))
	require.Equal(t, "del: notes.txt: no such file or folder", runs(p, "del notes.txt"))
}
