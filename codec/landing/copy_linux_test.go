package landing_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// On a file system that can share contents, a copy takes no space.
func TestCopySharesItsContent(t *testing.T) {
	dir, image := t.TempDir(), filepath.Join(t.TempDir(), "image")
	require.NoError(t, os.WriteFile(image, nil, 0o600))
	require.NoError(t, os.Truncate(image, 256<<20))
	for _, command := range [][]string{{"mkfs.btrfs", image}, {"mount", "-o", "loop", image, dir}} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			lacks(t, command, ": ", err, string(out))
		}
	}
	t.Cleanup(func() { require.NoError(t, unix.Unmount(dir, 0)) })
	content := noise(100 << 20)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x"), content, 0o600))
	for _, name := range []string{"a", "b", "c"} {
		require.NoError(t, copied(t, t.Context(), filepath.Join(dir, "x"), dir, name, false))
		requireText(t, filepath.Join(dir, name), string(content))
	}
}
