//go:build unix

package transfer_test

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/codec/transfer"
)

// A link that appears at the target during a transfer is replaced or refused. Nothing is
// written through it.
func TestTargetThatBecomesALinkMeanwhileIsNotWrittenThrough(t *testing.T) {
	const attempts = 5_000
	base := memory(t)
	plant(t, base, map[string]string{"in/": "", "victim": "victim"})
	target := filepath.Join(base, "in", "x")
	stop := make(chan struct{})
	var swapper sync.WaitGroup
	swapper.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			_ = os.Remove(target)
			_ = os.Symlink("../victim", target)
			_ = os.Remove(target)
			_ = os.WriteFile(target, []byte("other"), 0o600)
		}
	})
	landed := 0
	for range attempts {
		rec := into(t, filepath.Join(base, "in"), true)
		require.NoError(t, rec.file(t, "f 0600 3 - x", "new", crc("new")))
		landed += int(rec.Files)
	}
	close(stop)
	swapper.Wait()
	require.NotZero(t, landed)
	requireText(t, filepath.Join(base, "victim"), "victim")
	list, err := os.ReadDir(filepath.Join(base, "in"))
	require.NoError(t, err)
	require.LessOrEqual(t, len(list), 1, "no part is left")
}

// A source folder that becomes a link during a transfer is not read through the link.
func TestSourceFolderThatBecomesALinkIsNotReadThrough(t *testing.T) {
	const attempts = 300
	base := memory(t)
	plant(
		t, base,
		map[string]string{"top/sub/a": "a", "top/aside/secret": "secret", "secret/secret": "secret", "to/": ""},
	)
	sub, away := filepath.Join(base, "top", "sub"), filepath.Join(base, "away")
	stop := make(chan struct{})
	var swapper sync.WaitGroup
	swapper.Go(func() {
		for {
			for _, target := range []string{"aside", "../secret", filepath.Join(base, "secret")} {
				select {
				case <-stop:
					return
				default:
				}
				_ = errors.Join(
					os.Rename(sub, away), os.Symlink(target, sub), os.Remove(sub),
					os.Rename(away, sub),
				)
				_ = errors.Join(
					os.Rename(sub, away), unix.Mkfifo(sub, 0o600), os.Remove(sub),
					os.Rename(away, sub),
				)
			}
		}
	})
	for range attempts {
		rec := treeInto(t, filepath.Join(base, "to"), true)
		_, err := crossTree(t, rec, base, "top", "top", transfer.Tree{})
		require.NoError(t, err)
		require.NotContains(t, harvest(t, filepath.Join(base, "to")), "top/sub/secret")
	}
	close(stop)
	swapper.Wait()
}
