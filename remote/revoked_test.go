package remote_test

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote"
)

// requireCut revokes ann and waits for the end of her session: two seconds are
// the most.
func (n *network) requireCut(t *testing.T, c *client, why string) {
	t.Helper()
	began := time.Now()
	<-c.Ended()
	require.LessOrEqual(t, time.Since(began), 2*time.Second)
	if why != "" {
		require.ErrorContains(t, c.Err(), why)
	}
}

func TestRevokedPeerIsCutWithinTwoSeconds(t *testing.T) {
	t.Parallel()
	for name, busy := range map[string]func(t *testing.T, c *client) (over func()){
		"idle": func(t *testing.T, c *client) func() {
			return func() { require.ErrorContains(t, c.Err(), "it was revoked") }
		},
		"running a program": func(t *testing.T, c *client) func() {
			done := make(chan error, 1)
			go func() {
				_, err := c.Do(t.Context(), request(t, "EXEC sleep 1000"))
				done <- err
			}()
			return func() { require.ErrorIs(t, <-done, &codec.Error{Code: codec.Unpaired}) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := newNetwork(t) // a program's end is not in a test's own time
			c, _ := n.as(t, n.peer)
			over := busy(t, c)
			_, err := n.folder.Revoke("ann")
			require.NoError(t, err)
			<-c.Ended()
			over()
			_, _, err = link.Open(t.Context(), n.dial(t), link.Opening{})
			require.ErrorIs(t, err, &codec.Error{Code: codec.Unpaired})
		})
	}
}

func TestRevokedPeerMidTransferIsCutAndLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newPipes(t)
		c, _ := n.as(t, n.peer)
		done := c.putHalf("big", 2000, nil)
		require.NotEmpty(t, parts(t, n.dir), "the transfer has begun")
		_, err := n.folder.Revoke("ann")
		require.NoError(t, err)
		n.requireCut(t, c, "")
		require.ErrorIs(t, <-done, &codec.Error{Code: codec.Unpaired})
		c.Close()
		n.stop()
		require.Empty(t, parts(t, n.dir), "nobody can go on with it")
	})
}

func parts(t testing.TB, dir string) []string {
	list, err := filepath.Glob(filepath.Join(dir, ".techsh-part-*"))
	require.NoError(t, err)
	return list
}

func TestRevokedPeerThatDoesNotReadIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newPipes(t)
		n.write(t, "big", string(make([]byte, 1<<20)))
		conn := n.dial(t)
		c := codec.NewConn(conn)
		f, err := c.ReadFrame()
		require.NoError(t, err)
		require.Equal(t, codec.HELO, f.Verb)
		_, err = conn.Write([]byte(header("GET", 4) + "big\n"))
		require.NoError(t, err)
		synctest.Wait() // the server waits for a reader
		_, err = n.folder.Revoke("ann")
		require.NoError(t, err)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Zero(t, remote.Live(n.server))
		conn.Close()
		n.stop()
	})
}

func TestPeerWhoseTimeEndsIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newPipes(t)
		_, err := n.folder.AddPeer(trust.Peer{ID: n.peer.ID, Name: "ann", Can: trust.AllRights, Until: time.Now().Add(time.Hour)})
		require.NoError(t, err)
		c, _ := n.as(t, n.peer)
		time.Sleep(time.Hour - 2*time.Second)
		c.ok("PING")
		time.Sleep(2 * time.Second)
		n.requireCut(t, c, "its time is over")
		c.Close()
		n.stop()
	})
}

func TestNobodyStaysWhenThePeersCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newPipes(t)
		c, _ := n.as(t, n.peer)
		require.NoError(t, os.WriteFile(n.folder.Path("peers"), []byte("nonsense\n"), 0o600))
		n.requireCut(t, c, "")
		_, _, err := link.Open(t.Context(), n.dial(t), link.Opening{})
		require.ErrorIs(t, err, &codec.Error{Code: codec.Internal})
		require.ErrorContains(t, err, "cannot read whom it knows")
		require.NotContains(t, err.Error(), n.folder.Path("peers"), "which is the owner's business")
		require.Contains(t, n.log.String(), "peers:1")
		c.Close()
		n.stop()
	})
}
