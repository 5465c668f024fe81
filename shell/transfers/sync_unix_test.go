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
