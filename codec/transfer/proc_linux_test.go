package transfer_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec/landing"
	"techsh/codec/transfer"
)

// Files in /proc have the size 0 but are not empty.
func TestFilesOfProcAreSentCompletely(t *testing.T) {
	const path = "/proc/version"
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NotEmpty(t, want)
	for name, by := range map[string]func(to string) error{
		"copied": func(to string) error {
			f := opened(t, path)
			fi, err := f.Stat()
			require.NoError(t, err)
			return landing.Copy(t.Context(), landing.Target{Dir: open(t, to), Name: "version"}, f, fi)
		},
		"alone": func(to string) error { return crossFile(t, &into(t, to, false).Receiver, path, "version") },
		"in a tree": func(to string) error {
			_, err := crossTree(t, treeInto(t, to, false), "/proc", "version", "version", transfer.Tree{})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			to := t.TempDir()
			require.NoError(t, by(to))
			requireText(t, filepath.Join(to, "version"), string(want))
		})
	}
}
