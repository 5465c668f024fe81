//go:build unix

package transfers_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/shell/shelltest"
)

// The summary does not count the time that the user takes to answer.
func TestSyncDoesNotCountTheTimeOfItsQuestion(t *testing.T) {
	t.Parallel()
	s := shelltest.NewPlain(t)
	path := filepath.Join(s.Dir, "logs/old")
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte("12345"), 0o600))
	p := s.Prompt()
	p.Types("sync --delete r:logs l:logs\r")
	p.SeesLast("delete 1 file, 5 B, on the local side? [y/N]")
	const answerTime = 3 * time.Second
	time.Sleep(answerTime)
	p.Types("y\r")
	summary := regexp.MustCompile(`2 files, 8 B in ([0-9.]+) (m?s), 1 deleted`)
	var took []string
	p.Until(func(rows []string) bool {
		took = summary.FindStringSubmatch(strings.Join(rows, "\n"))
		return took != nil
	})
	n, err := strconv.ParseFloat(took[1], 64)
	require.NoError(t, err)
	require.True(t, took[2] == "ms" || n < answerTime.Seconds(), took[0])
}

// Between the plan and the answer to its question files can change on either side. Then
// they are not those that the user has agreed to delete.
func TestSyncDeletesOnlyWhatItHasPlanned(t *testing.T) {
	t.Parallel()
	for _, side := range []string{"local", "remote"} {
		t.Run(side, func(t *testing.T) {
			t.Parallel()
			s := shelltest.NewPlain(t)
			folder := filepath.Join(map[string]string{"local": s.Dir, "remote": s.Tree}[side], "box")
			empty := filepath.Join(map[string]string{"local": s.Tree, "remote": s.Dir}[side], "box")
			require.NoError(t, os.Mkdir(empty, 0o755))
			for _, name := range []string{"same", "written", "replaced", "old/same", "old/deep/x", "gone/x"} {
				path := filepath.Join(folder, name)
				require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
				require.NoError(t, os.WriteFile(path, []byte("1"), 0o600))
			}
			p := s.Prompt()
			p.Types(map[string]string{
				"local": "sync --delete r:box l:box\r", "remote": "sync --delete l:box r:box\r",
			}[side])
			p.SeesLast("delete 6 files in 3 folders, 6 B, on the " + side + " side? [y/N]")
			for _, name := range []string{"written", "new", "replaced.new", "old/new"} {
				require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte("2"), 0o600))
			}
			require.NoError(t, os.Rename(filepath.Join(folder, "replaced.new"), filepath.Join(folder, "replaced")))
			p.Types("y\r")
			p.Until(func(rows []string) bool { return strings.Contains(strings.Join(rows, "\n"), "3 failed") })
			require.Equal(t, []string{"new", "old/", "old/new", "replaced", "written"}, shelltest.Everything(t, folder))
		})
	}
}

func TestSyncDeletesNothingOnARemoteThatDoesNotKnowStates(t *testing.T) {
	s, _ := shelltest.NewHostile(t, shelltest.Answers{"FIND": func(c *codec.Conn, words []codec.Word) {
		_ = c.WriteWords(codec.ERR, codec.Lits("bad-request", "there is no option --state")...)
	}})
	require.NoError(t, os.Mkdir(filepath.Join(s.Dir, "x"), 0o755))
	require.Equal(t, "sync: the remote is too old to delete only what was planned\n"+
		"  nothing was changed; del -r deletes a remote folder\n", s.Says("sync --delete l:x r:x"))
}
