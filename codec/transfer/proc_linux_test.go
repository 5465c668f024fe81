package transfer_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec/landing"
	"techsh/codec/transfer"
)

// Files in /proc state the size 0 but are not empty, and files in /sys state a page but
// have less.
func TestFilesThatStateAnotherSizeAreSentCompletely(t *testing.T) {
	for _, path := range []string{"/proc/version", "/sys/kernel/mm/transparent_hugepage/enabled"} {
		name := filepath.Base(path)
		want, err := os.ReadFile(path)
		if os.IsNotExist(err) {
			lacks(t, path, "is missing")
		}
		require.NoError(t, err)
		require.NotEmpty(t, want)
		fi, err := os.Stat(path)
		require.NoError(t, err)
		require.NotEqual(t, int64(len(want)), fi.Size())
		for way, by := range ways(t, path) {
			t.Run(path+" "+way, func(t *testing.T) {
				to := t.TempDir()
				require.NoError(t, by(to))
				requireText(t, filepath.Join(to, name), string(want))
			})
		}
	}
}

// An empty file must not be taken for the contents of a file that cannot be read.
func TestAFileWithoutASizeThatCannotBeReadIsNotSent(t *testing.T) {
	for way, by := range ways(t, "/proc/self/mem") {
		t.Run(way, func(t *testing.T) {
			to := t.TempDir()
			require.Error(t, by(to))
			require.NoFileExists(t, filepath.Join(to, "mem"))
		})
	}
}

// ways returns the ways in which the file at path can get into the folder to.
func ways(t *testing.T, path string) map[string]func(to string) error {
	folder, name := filepath.Split(path)
	fi, err := os.Stat(path)
	require.NoError(t, err)
	return map[string]func(to string) error{
		"copied": func(to string) error {
			f := opened(t, path)
			return landing.Copy(t.Context(), landing.Target{Dir: open(t, to), Name: name}, f, fi)
		},
		"alone": func(to string) error { return crossFile(t, &into(t, to, false).Receiver, path, name) },
		"in a tree": func(to string) error {
			_, err := crossTree(t, treeInto(t, to, false), folder, name, name, transfer.Tree{})
			return err
		},
		"slowly": func(to string) error {
			_, err := crossTree(t, treeInto(t, to, false), folder, name, name, transfer.Tree{}, func(s *transfer.Sender) {
				s.Rate, s.SHA256 = 1<<20, true
			})
			return err
		},
	}
}
