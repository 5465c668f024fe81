package codectest

import (
	"os"
	"path/filepath"
	"testing"
)

// CanLink reports whether this computer makes symbolic links. Windows requires a
// privilege for that, and wine reports success without making a link.
func CanLink(t testing.TB) bool {
	t.Helper()
	path := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink("nowhere", path); err != nil {
		return false
	}
	_, err := os.Readlink(path)
	return err == nil
}
