package remotetest

import (
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/remote"
	"techsh/remote/audit"
)

// NewAudited returns a network whose server keeps an audit log at path.
func NewAudited(t *testing.T) (n *Network, path string) {
	path = filepath.Join(t.TempDir(), "audit.jsonl")
	audit, err := audit.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { audit.Close() })
	return NewNetwork(t, func(s *remote.Server) { s.Audit = audit }), path
}

// Audited returns each event of the log as text that is the same in every run.
func Audited(t *testing.T, path string) (lines []string) {
	for e, err := range audit.Events(path) {
		require.NoError(t, err)
		require.NotZero(t, e.Time)
		line := []string{times(e.Times), e.What, e.Peer, e.Verb, e.Words, e.Result, e.Sum}
		if e.What == "close" && runtime.GOOS != "windows" { // the clock of Windows is too coarse
			require.NotZero(t, e.Took)
		}
		lines = append(lines, strings.Join(strings.Fields(strings.Join(line, " ")), " "))
	}
	return lines
}

// times returns the number of repetitions of a call, or "".
func times(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
