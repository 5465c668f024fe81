package files_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/codec"
	"techsh/remote/remotetest"
)

func TestDelGoesOnAndReportsEveryFailure(t *testing.T) {
	h := remotetest.New(t, false)
	h.Write(t, "dir/a", "")
	h.Write(t, "dir/busy/x", "")
	h.Write(t, "dir/z/y", "")
	busy := filepath.Join(h.Dir, "dir", "busy")
	if err := unix.Mount("none", busy, "tmpfs", 0, "size=64k"); err != nil {
		remotetest.SkipWithout(t, "mount: ", err)
	}
	defer func() { _ = unix.Unmount(busy, 0) }()
	c := h.Client(t)
	got, _ := c.Fails("DEL -r dir", codec.NotEmpty)
	require.Len(t, got.Notes, 1)
	require.True(t, strings.HasPrefix(got.Notes[0], "busy dir/busy "), got.Notes[0])
	require.Equal(t, []string{"busy"}, c.OK("DIR dir").Names(t))
}

// Only on Windows does a colon follow the letter of a drive.
func TestCompletionOfANameWithAColon(t *testing.T) {
	h := remotetest.New(t, false)
	h.Write(t, "a:b", "")
	h.Write(t, "a:c", "")
	c := h.Client(t)
	require.Equal(t, []string{"a:b", "a:c"}, completionsOf(c, "a:"))
	require.Equal(t, []string{"a:c"}, completionsOf(c, "a:c"))
}
