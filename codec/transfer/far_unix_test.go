//go:build unix

package transfer_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/transfer"
)

// farTimes are outside of the years that 64 bits of nanoseconds have.
func farTimes() []time.Time {
	return []time.Time{
		time.Date(1, 1, 2, 3, 4, 5, 6, time.UTC),
		time.Date(1599, 1, 2, 3, 4, 5, 6, time.UTC),
		time.Date(1677, 9, 21, 0, 12, 43, 0, time.UTC),
		time.Date(1900, 1, 2, 3, 4, 5, 6, time.UTC),
		time.Date(2262, 4, 11, 23, 47, 17, 6, time.UTC),
		time.Date(2300, 1, 2, 3, 4, 5, 6, time.UTC),
		time.Date(2600, 1, 2, 3, 4, 5, 6, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 999_999_999, time.UTC),
	}
}

func setTime(t testing.TB, path string, when time.Time) {
	at, err := unix.TimeToTimespec(when)
	require.NoError(t, err)
	require.NoError(
		t, unix.UtimesNanoAt(unix.AT_FDCWD, path, []unix.Timespec{at, at}, unix.AT_SYMLINK_NOFOLLOW),
	)
}

func timeOf(t testing.TB, path string) time.Time {
	fi, err := os.Lstat(path)
	require.NoError(t, err)
	return landing.ModTime(fi).UTC()
}

// memoryOfAnyTime returns a folder whose file system stores every time.
func memoryOfAnyTime(t testing.TB) string {
	dir := memory(t)
	far := time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)
	setTime(t, dir, far)
	if !timeOf(t, dir).Equal(far) {
		lacks(t, "no file system stores times after the year 9000")
	}
	return dir
}

func TestFarTimesCrossExactly(t *testing.T) {
	for _, when := range farTimes() {
		from, to := memoryOfAnyTime(t), memoryOfAnyTime(t)
		plant(t, from, map[string]string{"top/file": "text", "top/sub/": "", "top/link": "->file"})
		for _, name := range []string{"top/file", "top/sub", "top/link", "top"} {
			setTime(t, filepath.Join(from, name), when)
		}
		rec := treeInto(t, to, false)
		_, err := crossTree(t, rec, from, "top", "top", transfer.Tree{})
		require.NoError(t, err)
		require.NoError(t, crossFile(t, &rec.Receiver, filepath.Join(from, "top/file"), "small"))
		rec.Flush()
		alone := into(t, to, false)
		require.NoError(t, crossFile(t, &alone.Receiver, filepath.Join(from, "top/file"), "alone"))
		f := opened(t, filepath.Join(from, "top/file"))
		fi, err := f.Stat()
		require.NoError(t, err)
		require.NoError(t, landing.Copy(t.Context(), landing.Target{Dir: open(t, to), Name: "copy"}, f, fi))
		require.Empty(t, rec.failed)
		require.Empty(t, alone.failed)
		for _, name := range []string{"top/file", "top/sub", "top/link", "top", "small", "alone", "copy"} {
			require.Equal(t, when, timeOf(t, filepath.Join(to, name)), name)
		}
	}
}

// mountImage mounts a file system that a program makes in a file, and returns its folder.
func mountImage(t testing.TB, mkfs ...string) string {
	image, dir := filepath.Join(t.TempDir(), "image"), t.TempDir()
	require.NoError(t, os.WriteFile(image, nil, 0o600))
	require.NoError(t, os.Truncate(image, 256<<20))
	for _, command := range [][]string{append(mkfs, image), {"mount", "-o", "loop", image, dir}} {
		if out, err := exec.Command(command[0], command[1:]...).CombinedOutput(); err != nil {
			lacks(t, command, ": ", err, string(out))
		}
	}
	t.Cleanup(func() { require.NoError(t, unix.Unmount(dir, 0)) })
	return dir
}

// A file system stores the nearest time that it can. The copy is then like the original,
// so that it is not copied again.
func TestClampedTimesAreTheSame(t *testing.T) {
	for name, disk := range map[string]func(t testing.TB) string{
		"temporary":          func(t testing.TB) string { return t.TempDir() },
		"memory":             memory,
		"ext4":               func(t testing.TB) string { return mountImage(t, "mkfs.ext4", "-q") },
		"ext4, small inodes": func(t testing.TB) string { return mountImage(t, "mkfs.ext4", "-q", "-I", "128") },
		"btrfs":              func(t testing.TB) string { return mountImage(t, "mkfs.btrfs", "-q") },
	} {
		t.Run(name, func(t *testing.T) {
			if name != "temporary" && runtime.GOOS != "linux" {
				t.Skip("for Linux")
			}
			dir := disk(t)
			times := append(
				farTimes(), time.Date(2039, 1, 2, 3, 4, 5, 6, time.UTC), time.Date(2446, 5, 10, 22, 38, 55, 7, time.UTC),
				time.Date(12_000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(-50, 1, 1, 0, 0, 0, 0, time.UTC),
			)
			for _, when := range times {
				rec := into(t, dir, true)
				e := codec.Entry{Kind: codec.Regular, Mode: 0o600, Size: 4, Time: when, Name: "x"}
				require.NoError(t, rec.file(t, e.String(), "text", crc("text")))
				require.Empty(t, rec.failed)
				fi, err := os.Stat(filepath.Join(dir, "x"))
				require.NoError(t, err)
				require.True(t, transfer.Alike(e, landing.EntryOf("x", fi)), "%v is %v", when, landing.ModTime(fi))
			}
		})
	}
}
