package trust_test

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec/trust"
)

// A changed file is read again, and an unchanged one is not.
func TestPeerNoticesEveryChangeOfTheFile(t *testing.T) {
	line := func(can string) string { return oneID + " ann can=" + can + " added=2026-11-02\n" }
	long := time.Now().Add(-time.Hour)
	for what, change := range map[string]func(t *testing.T, path string) error{
		"in place, with another size": func(t *testing.T, path string) error {
			require.NoError(t, os.WriteFile(path, []byte(line("get")+"\n"), 0o600))
			return os.Chtimes(path, long, long)
		},
		"in place, at another time": func(t *testing.T, path string) error {
			require.NoError(t, os.WriteFile(path, []byte(line("get")), 0o600))
			return os.Chtimes(path, long, long.Add(time.Millisecond))
		},
		"replaced by one of the same size and time": func(t *testing.T, path string) error {
			require.NoError(t, os.WriteFile(path+"2", []byte(line("get")), 0o600))
			require.NoError(t, os.Chtimes(path+"2", long, long))
			return os.Rename(path+"2", path)
		},
	} {
		t.Run(what, func(t *testing.T) {
			f, _ := folder(t)
			require.NoError(t, os.WriteFile(f.Path("peers"), []byte(line("dir")), 0o600))
			require.NoError(t, os.Chtimes(f.Path("peers"), long, long))
			for range 2 {
				p, err := f.Peer(oneID)
				require.NoError(t, err)
				require.Equal(t, trust.Dir, p.Can)
				require.True(t, f.Cached())
			}
			require.NoError(t, change(t, f.Path("peers")))
			p, err := f.Peer(oneID)
			require.NoError(t, err)
			require.Equal(t, trust.Get, p.Can)
		})
	}
}

// The peers are kept for half a second, because an editor may be about to write the file.
func TestPeerBelievesTheSecondLookAtAFileThatIsGoneOrBad(t *testing.T) {
	const good = oneID + " ann can=dir added=2026-11-02\n"
	for what, row := range map[string]struct {
		change func(t *testing.T, path string) error
		says   string
	}{
		"removed": {func(_ *testing.T, path string) error { return os.Remove(path) }, "not paired"},
		"truncated": {
			func(_ *testing.T, path string) error { return os.Truncate(path, 0) }, "not paired",
		},
		"truncated long ago": {func(_ *testing.T, path string) error {
			return errors.Join(os.Truncate(path, 0), os.Chtimes(path, time.Unix(1e9, 0), time.Unix(1e9, 0)))
		}, "not paired"},
		"written in part": {func(_ *testing.T, path string) error {
			return os.WriteFile(path, []byte(good+oneID[:20]), 0o600)
		}, "peers:2: "},
		"a folder": {func(_ *testing.T, path string) error {
			return errors.Join(os.Remove(path), os.Mkdir(path, 0o700))
		}, "not a regular file"},
		"readable by others": {func(t *testing.T, path string) error {
			onUnix(t)
			return os.Chmod(path, 0o644)
		}, "others may read or write it"},
	} {
		t.Run(what, func(t *testing.T) {
			f, _ := folder(t)
			for range 2 { // the second time, what was seen the first time does not matter
				f.SetClock(0, 0)
				require.NoError(t, os.RemoveAll(f.Path("peers")))
				write(t, f, "peers", good)
				_, err := f.Peer(oneID)
				require.NoError(t, err)
				require.True(t, f.Cached())

				require.NoError(t, row.change(t, f.Path("peers")))
				_, err = f.Peer(oneID)
				require.NoError(t, err)
				f.SetClock(0, 400*time.Millisecond)
				peers, err := f.Peers()
				require.NoError(t, err)
				require.Len(t, peers, 1)

				f.SetClock(0, time.Second)
				for range 2 {
					_, err = f.Peer(oneID)
					require.ErrorContains(t, err, row.says)
				}
			}
		})
	}
}

func TestPeersThatAnEditorWritesAreNeverUnknown(t *testing.T) {
	f, _ := folder(t)
	const ann, bob = oneID + " ann can=dir added=2026-11-02\n", otherID + " bob can=dir added=2026-11-02\n"
	write(t, f, "peers", ann)
	requirePeer := func() {
		t.Helper()
		_, err := f.Peer(oneID)
		require.NoError(t, err)
	}
	requirePeer()
	for range 3 { // each is a truncation of its own
		require.NoError(t, os.Truncate(f.Path("peers"), 0))
		requirePeer()
		f.SetClock(0, 300*time.Millisecond)
		require.NoError(t, os.WriteFile(f.Path("peers"), []byte(ann+bob), 0o600))
		requirePeer()
		_, err := f.Peer(otherID)
		require.NoError(t, err)
		f.SetClock(0, time.Second)
		require.NoError(t, os.Rename(f.Path("peers"), f.Path("peers~")))
		requirePeer()
		require.NoError(t, os.WriteFile(f.Path("peers"), nil, 0o600))
		requirePeer()
		require.NoError(t, os.WriteFile(f.Path("peers"), []byte(ann+bob), 0o600))
		requirePeer()
		f.SetClock(0, 0)
	}
}

// Two changes within one tick of the clock of the file system look like one, because
// inode numbers are reused.
func TestPeersWrittenJustNowAreReadAgain(t *testing.T) {
	f, _ := folder(t)
	line := oneID + " ann can=dir added=2026-11-02\n"
	for ago, relied := range map[time.Duration]bool{
		time.Hour: true, 3 * time.Second: true, time.Second: false, 0: false, -time.Hour: false,
	} {
		require.NoError(t, os.WriteFile(f.Path("peers"), []byte(line), 0o600))
		when := time.Now().Add(-ago)
		require.NoError(t, os.Chtimes(f.Path("peers"), when, when))
		_, err := f.Peer(oneID)
		require.NoError(t, err)
		require.Equal(t, relied, f.Cached(), "%v", ago)
	}
}

// Processes and goroutines that add peers do not restore one that is revoked at the same
// time.
func TestRevokedPeerStaysRevokedWhileOthersAreAdded(t *testing.T) {
	f, dir := folder(t)
	const people = 10
	for n := range people {
		_, err := f.AddPeer(trust.Peer{ID: numbered(n), Name: fmt.Sprint("old", n)})
		require.NoError(t, err)
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if out, err := process(t, dir, "add").CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
		wg.Go(func() {
			for range 20 {
				if _, err := f.AddPeer(trust.Peer{ID: randomID(), Name: "new"}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	stop := make(chan struct{})
	var reader sync.WaitGroup
	reader.Go(func() { // a file is complete even while it is being replaced
		for {
			select {
			case <-stop:
				return
			default:
				if _, err := f.Peer(randomID()); err != trust.ErrUnknown {
					t.Error(err)
				}
			}
		}
	})
	for n := range people {
		_, err := f.Revoke(string(numbered(n)))
		require.NoError(t, err)
		_, err = f.Peer(numbered(n))
		require.ErrorIs(t, err, trust.ErrUnknown)
	}
	wg.Wait()
	close(stop)
	reader.Wait()
	peers, err := f.Peers()
	require.NoError(t, err)
	require.Len(t, peers, 80)
	for n := range people {
		_, err = f.Peer(numbered(n))
		require.ErrorIs(t, err, trust.ErrUnknown)
	}
}
