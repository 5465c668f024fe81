package files_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/codec"
	"techsh/remote/remotetest"
)

// touch gives a file, a folder or a link a time that os.Chtimes cannot set.
func touch(t *testing.T, path string, when time.Time) {
	at := unix.Timespec{Sec: when.Unix(), Nsec: int64(when.Nanosecond())}
	require.NoError(
		t, unix.UtimesNanoAt(unix.AT_FDCWD, path, []unix.Timespec{at, at}, unix.AT_SYMLINK_NOFOLLOW),
	)
}

func timeOf(t *testing.T, path string) time.Time {
	fi, err := os.Lstat(path)
	require.NoError(t, err)
	return fi.ModTime().UTC()
}

// Nanoseconds in 64 bits end in 2262.
func TestFarTimesAreListedCopiedAndMoved(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		c := h.Client(t)
		for _, when := range []time.Time{
			time.Date(1500, 1, 2, 3, 4, 5, 6, time.UTC), time.Date(1905, 1, 2, 3, 4, 5, 6, time.UTC),
			time.Date(2300, 1, 2, 3, 4, 5, 6, time.UTC), time.Date(2700, 1, 2, 3, 4, 5, 6, time.UTC),
		} {
			there := otherFileSystem(h, t)
			remotetest.Plant(t, there, map[string]string{"file": "text", "t/a": "a", "t/link": "@a", "t/sub/x": ""})
			names := []string{"file", "t/a", "t/link", "t/sub/x", "t/sub", "t"}
			for _, name := range names {
				touch(t, filepath.Join(there, name), when)
			}
			for _, line := range []string{"STAT " + there + "/file", "DIR " + there + "/file"} {
				require.NoError(t, codec.Entries([]byte(c.OK(line).Data), func(e codec.Entry) error {
					require.Equal(t, when, e.Time, line)
					return nil
				}))
			}
			require.NoError(t, os.Mkdir(filepath.Join(there, "copied"), 0o700))
			c.OK("COPY -r " + there + "/file " + there + "/t " + there + "/copied")
			for _, name := range names {
				require.Equal(t, when, timeOf(t, filepath.Join(there, "copied", name)), name)
			}
			// the other file system may store another time; what matters is that all arrives
			c.OK("MOVE " + there + "/file " + there + "/t .")
			require.NoFileExists(t, filepath.Join(there, "file"))
			require.NoDirExists(t, filepath.Join(there, "t"))
			for _, name := range names {
				_, err := os.Lstat(filepath.Join(h.Dir, name))
				require.NoError(t, err)
			}
			c.OK("DEL -r file t")
		}
	})
}
