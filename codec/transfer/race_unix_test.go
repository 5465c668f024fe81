//go:build unix

package transfer_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"techsh/codec"
	"techsh/codec/transfer"
)

// Somebody puts links in the stead of a folder, a file and a part, all the
// time, while a stream goes into that folder: nothing ever goes through one.
func TestFolderThatBecomesALinkMeanwhileIsNoWayOut(t *testing.T) {
	const attempts = 10_000
	base := memory(t)
	plant(t, base, map[string]string{"in/top/sub/": "", "in/top/aside/": "", "outside/": ""})
	top := filepath.Join(base, "in", "top")
	stop := make(chan struct{})
	var swapper sync.WaitGroup
	swaps := 0
	swapper.Go(func() {
		sub, away := filepath.Join(top, "sub"), filepath.Join(base, "away")
		for {
			for _, target := range []string{filepath.Join(base, "outside"), "../../outside", "aside", "."} {
				select {
				case <-stop:
					return
				default:
				}
				if os.Rename(sub, away) != nil {
					continue // the stream has made one: it goes below
				}
				if os.Symlink(target, sub) == nil {
					swaps++
					_ = os.Remove(sub)
				}
				if os.Rename(away, sub) != nil { // the stream was faster
					_ = os.RemoveAll(away)
				}
			}
		}
	})
	rec := treeInto(t, filepath.Join(base, "in"), true)
	for i := range attempts {
		require.NoError(t, rec.take(codec.FILE, "d 0755 - - top"))
		require.NoError(t, rec.take(codec.FILE, "d 0700 - 2026-11-22T12:00:00.000000000Z top/sub"))
		require.NoError(t, rec.file(t, fmt.Sprintf("f 0600 3 - top/sub/%d", i%7), "new", crc("new")))
		require.NoError(t, rec.take(codec.FILE, "l 0777 - - top/sub/link x"))
		if i%50 == 0 {
			rec.Flush()
		}
	}
	rec.Flush()
	close(stop)
	swapper.Wait()
	t.Logf("%d links, %d files landed", swaps, rec.Files)
	require.NotZero(t, swaps)
	require.NotZero(t, rec.Files)
	requireOnly(t, filepath.Join(base, "outside"))
	requireOnly(t, filepath.Join(top, "aside"))
	requireOnly(t, filepath.Join(base, "in"), "top")
	list, err := os.ReadDir(top)
	require.NoError(t, err)
	for _, e := range list {
		require.Contains(t, []string{"sub", "aside"}, e.Name())
	}
}

// The same for the file: a link that appears at the target is replaced or
// refused, never written through.
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

// A source folder that becomes a link meanwhile is not read through.
func TestSourceFolderThatBecomesALinkIsNotReadThrough(t *testing.T) {
	const attempts = 300
	base := memory(t)
	plant(t, base, map[string]string{"top/sub/a": "a", "top/aside/secret": "secret", "secret/secret": "secret", "to/": ""})
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
				_ = errors.Join(os.Rename(sub, away), os.Symlink(target, sub), os.Remove(sub), os.Rename(away, sub))
				_ = errors.Join(os.Rename(sub, away), unix.Mkfifo(sub, 0o600), os.Remove(sub), os.Rename(away, sub))
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
