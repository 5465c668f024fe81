package remotetest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// Furnish makes the files for the listing that tests check. On systems without symbolic
// links it does not make the link.
func (h *Remote) Furnish(t testing.TB) {
	h.Write(t, "hello.txt", "hello, world\n")
	h.Write(t, "sub/inner.txt", "inner\n")
	if CanLink(t) {
		require.NoError(t, os.Symlink("hello.txt", filepath.Join(h.Dir, "a link")))
	}
}
