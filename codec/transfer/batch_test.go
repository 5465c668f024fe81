package transfer_test

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

// On a slow connection, files of a tree get their names while others are still being
// received, so that few are lost when the process is killed.
func TestFilesOfASlowTreeGetTheirNamesMeanwhile(t *testing.T) {
	for name, by := range map[string]struct {
		early, late func(rec *received) error
	}{
		"with the next file": {
			late: func(rec *received) error { return rec.take(codec.FILE, "f 0644 3 - top/c") },
		},
		"with the next folder": {
			late: func(rec *received) error { return rec.take(codec.FILE, "d 0755 - - top/sub") },
		},
		"while a large one comes": {
			early: func(rec *received) error { return rec.take(codec.FILE, "f 0644 10000000 - top/c") },
			late:  func(rec *received) error { return rec.take(codec.DATA, "c") },
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir := t.TempDir()
				rec := treeInto(t, dir, false)
				require.NoError(t, rec.take(codec.FILE, "d 0755 - - top"))
				require.NoError(t, rec.file(t, "f 0644 3 - top/a", "abc", crc("abc")))
				time.Sleep(1900 * time.Millisecond)
				require.NoError(t, rec.file(t, "f 0644 3 - top/b", "abd", crc("abd")))
				if by.early != nil {
					require.NoError(t, by.early(rec))
				}
				synctest.Wait()
				require.NoFileExists(t, filepath.Join(dir, "top", "a"), "one flush is for many files")
				time.Sleep(100 * time.Millisecond)
				require.NoError(t, by.late(rec))
				synctest.Wait()
				requireText(t, filepath.Join(dir, "top", "a"), "abc")
				requireText(t, filepath.Join(dir, "top", "b"), "abd")
				rec.Close()
			})
		})
	}
}
