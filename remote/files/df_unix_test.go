//go:build unix

// The volumes are compared with those of statfs, which Windows has not.

package files_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/codec"
	"techsh/remote/remotetest"
)

func requireVolume(t *testing.T, v codec.Volume, path string) {
	t.Helper()
	var st unix.Statfs_t
	var at, mount unix.Stat_t
	require.NoError(t, unix.Statfs(path, &st))
	require.NoError(t, unix.Stat(path, &at))
	require.NoError(t, unix.Stat(v.Mount, &mount))
	require.Equal(t, at.Dev, mount.Dev)
	require.EqualValues(t, int64(st.Blocks)*int64(st.Bsize), v.Size)
	require.InDelta(t, int64(st.Bavail)*int64(st.Bsize), v.Free, 1<<30, "others write meanwhile")
	used, ok := v.More.Int("used")
	require.True(t, ok)
	require.InDelta(t, int64(st.Blocks-st.Bfree)*int64(st.Bsize), used, 1<<30, "what is reserved is not used")
	require.NotEmpty(t, v.Type)
}

func TestDfAgreesWithTheSystem(t *testing.T) {
	h := remotetest.New(t, false)
	h.Furnish(t)
	shm, err := os.MkdirTemp("/dev/shm", "techsh")
	if err != nil {
		shm = t.TempDir()
	}
	defer os.RemoveAll(shm)
	remotetest.Link(t, shm, filepath.Join(h.Dir, "door"))
	c := h.Client(t)
	got := listVolumes(c, `DF . hello.txt "a link" door sub/..`)
	require.Len(t, got, 5)
	for i, path := range []string{h.Dir, h.Dir, h.Dir, shm, h.Dir} {
		requireVolume(t, got[i], path)
	}
	all := listVolumes(c, "DF")
	require.NotEmpty(t, all)
	seen := map[string]bool{}
	for _, v := range all {
		require.Positive(t, v.Size, v)
		require.False(t, seen[v.Mount], v.Mount)
		if v.Mount != "/" {
			require.NotContains(
				t,
				[]string{"proc", "sysfs", "cgroup", "cgroup2", "devpts", "tmpfs", "devtmpfs", "overlay"},
				v.Type,
			)
		}
		seen[v.Mount] = true
		if _, err := os.Stat(v.Mount); err == nil {
			requireVolume(t, v, v.Mount)
		}
	}
	if got[0].Type != "tmpfs" {
		require.True(t, seen[got[0].Mount], "%s of %v", got[0].Mount, all)
	}
	for path, code := range map[string]codec.Code{
		"nova":        codec.NotFound,
		"hello.txt/":  codec.NotDirectory,
		"hello.txt/x": codec.NotDirectory,
	} {
		c.Fails("DF "+path, code)
	}
	_, e := c.Fails("DF nova .", codec.Partial)
	require.Len(t, e.More, 2)
}
