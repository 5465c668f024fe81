// On Windows, links have to know where they lead when the test makes them.
//go:build unix

package transfer_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/transfer"
)

// Windows has to know which links lead to folders, although the folder may come later.
func TestALinkSaysThatItLeadsToAFolder(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	want := map[string]string{"a/to-b": "yes", "b/back": "yes", "here": "yes", "chain": "yes", "self": "yes"}
	plant(t, from, map[string]string{
		"top/a/to-b": "->../b", "top/b/back": "->../a/", "top/b/file": "x", "top/here": "->a/../b",
		"top/chain": "->here", "top/self": "->.", "top/to-file": "->b/file", "top/none": "->nothing",
		"top/out": "->../outside", "top/up": "->..", "top/absolute": "->" + filepath.Join(from, "outside"),
		"outside/x": "x",
	})
	got, links := map[string]string{}, 0
	_, err := crossTree(t, treeInto(t, to, false), from, "top", "top", transfer.Tree{}, func(s *transfer.Sender) {
		s.Begin = func(e codec.Entry) {
			if e.Kind != codec.Link {
				return
			}
			links++
			if folder, ok := e.More.Get("folder"); ok {
				got[e.Name[len("top/"):]] = folder
			}
		}
	})
	require.NoError(t, err)
	require.Equal(t, 10, links)
	require.Equal(t, want, got)
	require.NoError(t, os.RemoveAll(filepath.Join(from, "outside")))
	require.Equal(t, harvest(t, from), harvest(t, to))
}
