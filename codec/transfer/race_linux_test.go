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

// While a stream makes folders, links and files in a folder, this folder is continually
// exchanged with a link. Nothing is ever written through the link.
func TestNothingIsWrittenThroughAFolderThatBecomesALink(t *testing.T) {
	base := memory(t)
	plant(t, base, map[string]string{"in/top/sub/": "", "in/top/aside/": "", "outside/": ""})
	top := filepath.Join(base, "in", "top")
	sub := filepath.Join(top, "sub")
	var links []string
	for i, target := range []string{filepath.Join(base, "outside"), "../../outside", "aside", "."} {
		links = append(links, filepath.Join(base, fmt.Sprint("link", i)))
		require.NoError(t, os.Symlink(target, links[i]))
	}
	attempts := rounds(1_000_000, 60_000) // the window is short, so most attempts miss it
	stop := make(chan struct{})
	var swapper sync.WaitGroup
	swaps := 0
	swapper.Go(func() {
		exchange := func(link string) { // exchanges the folder and the link atomically
			require.NoError(
				t,
				unix.Renameat2(unix.AT_FDCWD, sub, unix.AT_FDCWD, link, unix.RENAME_EXCHANGE),
			)
		}
		for {
			for _, link := range links {
				select {
				case <-stop:
					return
				default:
				}
				exchange(link)
				exchange(link)
				swaps++
			}
		}
	})
	rec := treeInto(t, filepath.Join(base, "in"), true)
	require.NoError(t, rec.take(codec.FILE, "d 0755 - - top"))
	for i := range attempts / 3 {
		require.NoError(t, rec.take(codec.FILE, "d 0700 - - top/sub"))
		require.NoError(t, rec.take(codec.FILE, "l 0777 - - top/sub/link x"))
		require.NoError(t, rec.file(t, fmt.Sprintf("f 0600 3 - top/sub/%d", i%7), "new", crc("new")))
	}
	rec.Flush()
	close(stop)
	swapper.Wait()
	t.Logf(
		"%d attempts, %d swaps, %d folders entered, %d files landed", attempts, swaps, rec.Folders,
		rec.Files,
	)
	require.Greater(t, swaps, attempts/100)
	require.NotZero(t, rec.Files)
	require.Less(t, rec.Folders, int64(attempts/3), "no link was ever there when it mattered")
	requireOnly(t, filepath.Join(base, "outside"))
	requireOnly(t, filepath.Join(top, "aside"))
	requireOnly(t, top, "sub", "aside")
	requireOnly(t, filepath.Join(base, "in"), "top")
	requireOnly(t, sub, "link", "0", "1", "2", "3", "4", "5", "6")
}

// A file may become a link between the reading of its folder and its sending, even one
// into a folder that must not be entered.
func TestListedFileThatBecomesALinkIsNotReadThrough(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	plant(
		t, from,
		map[string]string{"top/a": "text", "top/b": "text", "top/c": "text", "top/closed/key": "secret"},
	)
	closed, err := os.Stat(filepath.Join(from, "top", "closed"))
	require.NoError(t, err)
	o := transfer.Tree{Enter: func(dir *os.Root) error {
		if fi, err := dir.Stat("."); err != nil || os.SameFile(fi, closed) {
			return codec.Errorf(codec.NotAllowed, "")
		}
		return nil
	}}
	want := map[string]string{"top/": ""}
	rec := treeInto(t, to, false)
	s, err := crossTree(t, rec, from, "top", "top", o, func(s *transfer.Sender) {
		s.Begin = func(e codec.Entry) {
			if e.Kind != codec.Regular || len(want) > 1 {
				return
			}
			for _, name := range []string{"top/a", "top/b", "top/c"} {
				want[name] = "->closed/key"
				if name == e.Name {
					want[name] = "text" // it is open already
				}
				path := filepath.Join(from, name)
				if err := errors.Join(os.Remove(path), os.Symlink("closed/key", path)); err != nil {
					t.Error(err)
				}
			}
		}
	})
	require.NoError(t, err)
	require.Len(t, s.failed, 1)
	requireCode(t, s.failed["top/closed"], codec.NotAllowed)
	require.Empty(t, rec.failed)
	require.Equal(t, want, harvest(t, to))
}
