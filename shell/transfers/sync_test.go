package transfers_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"techsh/shell/shelltest"

	"techsh/codec"
	"techsh/shell"
)

// An entry that could not be read may still exist: sync neither deletes it nor plans
// to.
func TestSyncPlansNoDeletionWhenTheSourceCouldNotBeRead(t *testing.T) {
	for _, line := range []string{"sync --delete r:x l:x", "sync -n --delete r:x l:x"} {
		s, _ := shelltest.NewHostile(t, shelltest.Answers{
			"FIND": func(c *codec.Conn, words []codec.Word) {
				_ = c.WriteWords(codec.NOTE, codec.Lits("not-allowed", "x/sub", "permission denied")...)
				_ = c.WriteWords(codec.ERR, codec.Lits("partial", "1 of 2 failed", "failed=1", "done=1")...)
			}, "GET": shelltest.Sends("d x"),
		})
		require.NoError(t, os.MkdirAll(filepath.Join(s.Dir, "x/sub"), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "x/sub/mine"), nil, 0o600))
		require.Error(t, s.Run(line))
		require.Equal(
			t,
			"sync: x/sub: permission denied\nsync: not everything could be read, so nothing was changed\n",
			s.Printed(),
		)
		require.Equal(t, []string{"x/", "x/sub/", "x/sub/mine"}, shelltest.Everything(t, s.Dir))
	}
	if os.Getuid() <= 0 {
		return // root can read everything, and Windows has no such permissions
	}
	s := shelltest.NewPlain(t)
	sub := filepath.Join(s.Dir, "x/sub")
	require.NoError(t, os.MkdirAll(sub, 0o755))
	require.NoError(t, os.Chmod(sub, 0))
	t.Cleanup(func() { assert.NoError(t, os.Chmod(sub, 0o755)) })
	before := all(t, s.Tree)
	for _, line := range []string{"sync --delete l:x r:logs", "sync -n --delete l:x r:logs"} {
		require.Error(t, s.Run(line))
		require.Equal(
			t,
			"sync: sub: permission denied\nsync: not everything could be read, so nothing was changed\n",
			s.Printed(),
		)
		require.Equal(t, before, all(t, s.Tree))
	}
}

func TestSyncTellsWhatIsWrongWithItsSides(t *testing.T) {
	s := shelltest.NewPlain(t)
	for line, says := range map[string]string{
		"sync l:a l:b":  "sync: both folders are local\n",
		"sync r:a r:b":  "sync: both folders are remote\n",
		"sync l:a r:":   "sync: r: needs a folder after it\n",
		"sync l: r:a":   "sync: l: needs a folder after it\n",
		"sync a r:b":    "sync: a: not a side\n",
		`sync r:a C:\b`: `sync: C:\b: not a side` + "\n",
	} {
		got := s.Says(line)
		require.True(t, strings.HasPrefix(got, says+"  "), "%s, with a hint: %s", line, got)
		require.Equal(t, shell.StatusUsage, s.Batch(t.Context(), shelltest.Line(line)), "nothing has been sent")
		s.Printed()
	}
}
