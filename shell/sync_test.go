package shell

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"techsh/codec"
)

// What could not be read has not gone: neither is anything deleted for it, nor
// does the plan say so.
func TestSyncPlansNoDeletionWhenTheSourceCouldNotBeRead(t *testing.T) {
	for _, line := range []string{"sync --delete r:x l:x", "sync -n --delete r:x l:x"} {
		s, output, local, _ := hostile(t, answers{
			"FIND": func(c *codec.Conn, words []codec.Word) {
				_ = c.WriteWords(codec.NOTE, codec.Lits("not-allowed", "x/sub", "permission denied")...)
				_ = c.WriteWords(codec.ERR, codec.Lits("partial", "1 of 2 failed", "failed=1", "done=1")...)
			}, "GET": sends("d x"),
		})
		require.NoError(t, os.MkdirAll(filepath.Join(local, "x/sub"), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(local, "x/sub/mine"), nil, 0o600))
		require.Error(t, s.does(t, line))
		require.Equal(t, "sync: x/sub: permission denied\nsync: not everything could be read, so nothing was changed\n", output())
		require.Equal(t, []string{"x/", "x/sub/", "x/sub/mine"}, everything(t, local))
	}
	if os.Getuid() <= 0 {
		return // who can read everything, or has other rights
	}
	s, output, tree := testShell(t)
	sub := filepath.Join(s.Dir, "x/sub")
	require.NoError(t, os.MkdirAll(sub, 0o755))
	require.NoError(t, os.Chmod(sub, 0))
	t.Cleanup(func() { assert.NoError(t, os.Chmod(sub, 0o755)) })
	before := all(t, tree)
	for _, line := range []string{"sync --delete l:x r:logs", "sync -n --delete l:x r:logs"} {
		require.Error(t, s.does(t, line))
		require.Equal(t, "sync: sub: permission denied\nsync: not everything could be read, so nothing was changed\n", output())
		require.Equal(t, before, all(t, tree))
	}
}

// How long somebody thinks about a question is not how long the files took.
func TestSyncDoesNotCountTheTimeOfItsQuestion(t *testing.T) {
	s, _, _ := testShell(t)
	s.explains = &explanation{asked: true} // who answers yes
	y := &syncing{errand: s.errand(wishes{})}
	y.started = time.Now().Add(-time.Hour)
	require.NoError(t, y.sure("site", "here"))
	require.WithinDuration(t, time.Now(), y.started, 10*time.Minute)
}

func TestSyncTellsWhatIsWrongWithItsSides(t *testing.T) {
	for _, test := range []struct{ one, two, says string }{
		{"l:a", "l:b", "both folders are on this computer"},
		{"r:a", "r:b", "both folders are on the other computer"},
		{"l:a", "r:", "r: needs a folder behind it"},
		{"l:", "r:a", "l: needs a folder behind it"},
		{"a", "r:b", "a: not a side"},
		{"r:a", `C:\b`, `C:\b: not a side`},
	} {
		_, _, _, err := sides(codec.Lits(test.one, test.two))
		require.EqualError(t, err, test.says)
		wrong := &misuse{}
		require.ErrorAs(t, err, &wrong, "nothing has been sent")
		require.NotEmpty(t, hintOf(err))
	}
}
