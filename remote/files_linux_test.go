package remote_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/codec"
)

func TestDelGoesOnAndReportsEveryFailure(t *testing.T) {
	h := newHelped(t, false)
	h.write(t, "dir/a", "")
	h.write(t, "dir/busy/x", "")
	h.write(t, "dir/z/y", "")
	busy := filepath.Join(h.dir, "dir", "busy")
	if err := unix.Mount("none", busy, "tmpfs", 0, "size=64k"); err != nil {
		lacks(t, "mount: ", err)
	}
	defer func() { _ = unix.Unmount(busy, 0) }()
	c := h.client(t)
	got, _ := c.fails("DEL -r dir", codec.NotEmpty)
	require.Len(t, got.notes, 1)
	require.True(t, strings.HasPrefix(got.notes[0], "busy dir/busy "), got.notes[0])
	require.Equal(t, []string{"busy"}, c.ok("DIR dir").names(t))
}
