package remotetest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Furnish makes the files for the listing that tests check. The link is missing where
// there are no links.
func (h *Remote) Furnish(t testing.TB) {
	h.Write(t, "hello.txt", "hello, world\n")
	h.Write(t, "sub/inner.txt", "inner\n")
	if CanLink(t) {
		require.NoError(t, os.Symlink("hello.txt", filepath.Join(h.Dir, "a link")))
	}
}
