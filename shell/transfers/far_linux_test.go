package transfers_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/shell/shelltest"
)

// The times of these files are later or earlier than a file system can store, or than 64
// bits of nanoseconds can.
func TestASecondSyncOfFarTimesCopiesNothing(t *testing.T) {
	memory, err := os.MkdirTemp("/dev/shm", "techsh")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(memory) })
	for _, line := range []string{"sync l:%[1]s r:%[2]s", "sync r:%[1]s l:%[2]s"} {
		for _, folders := range [][2]string{{memory, t.TempDir()}, {t.TempDir(), memory}, {t.TempDir(), t.TempDir()}} {
			s := shelltest.NewPlain(t)
			from, to := filepath.Join(folders[0], "from"), filepath.Join(folders[1], "to")
			require.NoError(t, os.RemoveAll(to))
			require.NoError(t, os.MkdirAll(from, 0o700))
			require.NoError(t, os.Mkdir(to, 0o700))
			for _, year := range []int{-50, 1500, 1677, 1900, 2038, 2262, 2300, 2446, 2600, 9999, 12_000} {
				path := filepath.Join(from, fmt.Sprint(year))
				require.NoError(t, os.WriteFile(path, []byte("text"), 0o600))
				at := unix.Timespec{Sec: time.Date(year, 12, 1, 2, 3, 4, 0, time.UTC).Unix(), Nsec: 5}
				require.NoError(t, unix.UtimesNanoAt(unix.AT_FDCWD, path, []unix.Timespec{at, at}, 0))
			}
			line := fmt.Sprintf(line, from, to)
			s.Says(line)
			require.Len(t, shelltest.Everything(t, to), 11)
			require.Equal(t, "nothing to do; 11 equal\n", s.Says(strings.Replace(line, "sync", "sync -n", 1)), line)
		}
	}
}
