package codectest

import (
	"os"
	"path/filepath"
	"testing"
)

// CanLink reports whether this computer makes symbolic links. Windows wants a privilege
// for them, and wine makes nothing although it reports success.
func CanLink(t testing.TB) bool {
	t.Helper()
	path := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("nowhere", path); err != nil {
		return false
	}
	_, err := os.Readlink(path)
	return err == nil
}
