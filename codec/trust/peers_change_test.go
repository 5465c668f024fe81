package trust_test

import (
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

func TestPeerNoticesThatTheFileIsGoneOrBadOrOthers(t *testing.T) {
	f, _ := folder(t)
	good := oneID + " ann can=dir added=2026-11-02\n"
	begin := func() {
		write(t, f, "peers", good)
		_, err := f.Peer(oneID)
		require.NoError(t, err)
		require.True(t, f.Cached())
	}
	begin()
	require.NoError(t, os.Remove(f.Path("peers")))
	_, err := f.Peer(oneID)
	require.ErrorIs(t, err, trust.ErrUnknown)
	begin()
	write(t, f, "peers", good+"nonsense\n")
	for range 2 {
		_, err = f.Peer(oneID)
		require.ErrorContains(t, err, "peers:2: ")
	}
	begin()
	require.NoError(t, os.Remove(f.Path("peers")))
	require.NoError(t, os.Mkdir(f.Path("peers"), 0o700))
	_, err = f.Peer(oneID)
	require.ErrorContains(t, err, "not a regular file")
	require.NoError(t, os.Remove(f.Path("peers")))
	onUnix(t)
	begin()
	require.NoError(t, os.Chmod(f.Path("peers"), 0o644))
	_, err = f.Peer(oneID)
	require.ErrorContains(t, err, "others may read or write it")
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
