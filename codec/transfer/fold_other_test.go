//go:build !linux

package transfer_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// folding returns a folder whose file system takes the two names for the same one, or "" if
// this system has none.
func folding(t *testing.T, a, b string, _ bool) string {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, a), nil, 0o600))
	_, err := os.Lstat(filepath.Join(dir, b))
	require.NoError(t, os.Remove(filepath.Join(dir, a)))
	if err != nil {
		return ""
	}
	return dir
}
