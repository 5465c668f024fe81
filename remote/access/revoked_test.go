package access_test

import (
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote/remotetest"
)

// requireCut revokes ann and waits for the end of her session, at most two seconds.
func requireCut(n *remotetest.Network, t *testing.T, c *remotetest.Client, why string) {
	t.Helper()
	began := time.Now()
	<-c.Ended()
	require.LessOrEqual(t, time.Since(began), 2*time.Second)
	if why != "" {
		require.ErrorContains(t, c.Err(), why)
	}
}

func TestRevokedPeerIsDisconnectedWithinTwoSeconds(t *testing.T) {
	t.Parallel()
	for name, busy := range map[string]func(t *testing.T, c *remotetest.Client) (over func()){
		"idle": func(t *testing.T, c *remotetest.Client) func() {
			return func() { require.ErrorContains(t, c.Err(), "it was revoked") }
		},
		"running a program": func(t *testing.T, c *remotetest.Client) func() {
			done := make(chan error, 1)
			go func() {
				_, err := c.Do(t.Context(), remotetest.NewRequest(t, "EXEC sleep 1000"))
				done <- err
			}()
			return func() { require.ErrorIs(t, <-done, &codec.Error{Code: codec.Unpaired}) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := remotetest.NewNetwork(t) // the end of a program does not follow the fake clock
			c, _ := n.As(t, n.Peer)
			over := busy(t, c)
			_, err := n.Folder.Revoke("ann")
			require.NoError(t, err)
			<-c.Ended()
			over()
			_, _, err = link.Open(t.Context(), n.Dial(t), link.Opening{})
			require.ErrorIs(t, err, &codec.Error{Code: codec.Unpaired})
		})
	}
}

func TestRevokedPeerIsDisconnectedDuringATransferAndLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := remotetest.NewPipes(t)
		c, _ := n.As(t, n.Peer)
		done := c.PutHalf("big", 2000, nil)
		require.NotEmpty(t, remotetest.Parts(t, n.Dir), "the transfer has begun")
		_, err := n.Folder.Revoke("ann")
		require.NoError(t, err)
		requireCut(n, t, c, "")
		require.ErrorIs(t, <-done, &codec.Error{Code: codec.Unpaired})
		c.Close()
		n.Stop()
		require.Empty(t, remotetest.Parts(t, n.Dir), "nobody can go on with it")
	})
}

func TestRevokedPeerThatDoesNotReadIsDisconnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := remotetest.NewPipes(t)
		n.Write(t, "big", string(make([]byte, 1<<20)))
		conn := n.Dial(t)
		c := codec.NewConn(conn)
		f, err := c.ReadFrame()
		require.NoError(t, err)
		require.Equal(t, codec.HELO, f.Verb)
		_, err = conn.Write([]byte(remotetest.Header("GET", 4) + "big\n"))
		require.NoError(t, err)
		synctest.Wait() // until the server waits for the client to read
		_, err = n.Folder.Revoke("ann")
		require.NoError(t, err)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		require.Zero(t, remotetest.Live(n.Server))
		conn.Close()
		n.Stop()
	})
}

func TestExpiredPeerIsDisconnected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := remotetest.NewPipes(t)
		_, err := n.Folder.AddPeer(trust.Peer{
			ID:    n.Peer.ID,
			Name:  "ann",
			Can:   trust.AllRights,
			Until: time.Now().Add(time.Hour),
		})
		require.NoError(t, err)
		c, _ := n.As(t, n.Peer)
		time.Sleep(time.Hour - 2*time.Second)
		c.OK("PING")
		time.Sleep(2 * time.Second)
		requireCut(n, t, c, "its time is over")
		c.Close()
		n.Stop()
	})
}

func TestSessionsEndWhenThePeersCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := remotetest.NewPipes(t)
		c, _ := n.As(t, n.Peer)
		require.NoError(t, os.WriteFile(n.Folder.Path("peers"), []byte("nonsense\n"), 0o600))
		requireCut(n, t, c, "")
		_, _, err := link.Open(t.Context(), n.Dial(t), link.Opening{})
		require.ErrorIs(t, err, &codec.Error{Code: codec.Internal})
		require.ErrorContains(t, err, "cannot read its peers")
		require.NotContains(t, err.Error(), n.Folder.Path("peers"), "which is the owner's business")
		require.Contains(t, n.Log.String(), "peers:1")
		c.Close()
		n.Stop()
	})
}
