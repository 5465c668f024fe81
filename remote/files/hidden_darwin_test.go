package files_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/remote/remotetest"
)

// The Finder shows neither names with a dot nor files with the hidden flag.
func TestFileWithTheHiddenFlagIsLeftOut(t *testing.T) {
	h := remotetest.New(t, false)
	c := h.Client(t)
	for _, name := range []string{"seen", "flagged", ".dotted"} {
		h.Write(t, name, "")
	}
	require.NoError(t, unix.Chflags(filepath.Join(h.Dir, "flagged"), unix.UF_HIDDEN))
	require.Equal(t, []string{"seen"}, c.OK("DIR").Names(t))
	require.ElementsMatch(t, []string{"seen", "flagged", ".dotted"}, c.OK("DIR -a").Names(t))
	require.Equal(t, []string{"seen"}, c.OK("DIR -c").Names(t))
	require.Equal(t, []string{"flagged"}, c.OK("DIR -c f").Names(t))
}
