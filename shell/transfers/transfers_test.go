package transfers_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/shell/shelltest"

	"techsh/codec/trust"
	"techsh/remote"
)

// The right to get, or to put, is enough: other calls are only made if the server
// offers them.
func TestTransfersNeedNoOtherRights(t *testing.T) {
	for _, test := range []struct {
		can   trust.Rights
		well  []string
		fails []string
	}{
		{
			trust.Get,
			[]string{
				"get notes.txt",
				"get -f *.txt",
				"get -r logs",
				"get -r -f -u logs",
				"get -L -r logs copy",
			},
			[]string{"put notes.txt x", "sync r:logs l:logs", "get notes.txt"},
		},
		{
			trust.Put,
			[]string{
				"put a.log",
				"put -u -f *.log",
				"put -r tree",
				"put -r -u -f tree",
				"put -f a.log b.log logs",
			},
			[]string{"get a.log", "sync l:tree r:tree", "put a.log"},
		},
		{trust.Dir | trust.Get, []string{"sync r:logs l:logs"}, []string{"sync l:tree r:logs"}},
		{
			trust.Dir | trust.Put,
			[]string{"sync l:tree r:logs"},
			[]string{"sync r:logs l:logs", "sync --delete l:tree r:logs"},
		},
	} {
		s, _ := shelltest.NewPaired(t, &remote.Server{}, test.can)
		for _, name := range []string{"a.log", "b.log", "tree/c.log"} {
			path := filepath.Join(s.Dir, name)
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, make([]byte, 1<<20), 0o600))
		}
		for _, line := range test.well {
			require.NoError(t, s.Run(line), "%s: %s", line, s.Printed())
		}
		for _, line := range test.fails {
			require.Error(t, s.Run(line), line)
		}
	}
}
