package access_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote"
	"techsh/remote/remotetest"
	"techsh/remote/verb"
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

// The reason must not wait for the end of what the session runs.
func TestPeerReadsWhyItsSessionEndsWhateverItRuns(t *testing.T) {
	t.Parallel()
	revoke := func(t *testing.T, n *remotetest.Network) {
		_, err := n.Folder.Revoke("ann")
		require.NoError(t, err)
	}
	for name, c := range map[string]struct {
		line string
		end  func(t *testing.T, n *remotetest.Network)
		code codec.Code
		text string
	}{
		"a program that ignores TERM": {
			`SH 'trap "" TERM; echo begun; while :; do sleep 1; done'`, revoke, codec.Unpaired, "it was revoked",
		},
		"one that also writes": {
			`SH 'trap "" TERM; while :; do echo begun; done'`, revoke, codec.Unpaired, "it was revoked",
		},
		"one that has input": {
			`SH -i 'trap "" TERM; echo begun; while :; do sleep 1; done'`, revoke, codec.Unpaired, "it was revoked",
		},
		"one in a terminal": {
			`SH -t 80x24 'trap "" TERM HUP; echo begun; while :; do sleep 1; done'`,
			revoke, codec.Unpaired, "it was revoked",
		},
		"one whose children ignore TERM": {
			`SH '(trap "" TERM; while :; do sleep 1; done) & echo begun; wait'`,
			revoke, codec.Unpaired, "it was revoked",
		},
		"until its time is over": {
			`SH 'trap "" TERM; echo begun; while :; do sleep 1; done'`,
			func(t *testing.T, n *remotetest.Network) {
				ann := trust.Peer{ID: n.Peer.ID, Name: "ann", Can: trust.AllRights, Until: time.Now().Add(-time.Second)}
				_, err := n.Folder.AddPeer(ann)
				require.NoError(t, err)
			},
			codec.Unpaired, "its time is over",
		},
		"until the peers cannot be read": {
			`SH 'trap "" TERM; echo begun; while :; do sleep 1; done'`,
			func(t *testing.T, n *remotetest.Network) {
				require.NoError(t, os.WriteFile(n.Folder.Path("peers"), []byte("nonsense\n"), 0o600))
			},
			codec.Internal, "cannot read its peers",
		},
		"until the server is stopped": {
			`SH 'trap "" TERM; echo begun; while :; do sleep 1; done'`,
			func(_ *testing.T, n *remotetest.Network) { go n.Stop() }, codec.Draining, "the server is going down",
		},
	} {
		t.Run(name, func(t *testing.T) {
			n := remotetest.NewNetwork(t)
			client, _ := n.As(t, n.Peer)
			r, begun := remotetest.NewRequest(t, c.line), make(chan struct{})
			begin := sync.OnceFunc(func() { close(begun) })
			r.Recv = func(codec.Frame) error {
				begin()
				return nil
			}
			if strings.HasPrefix(c.line, "SH -") {
				r.Send = func(ctx context.Context, _ *link.Upstream) error {
					<-ctx.Done()
					return nil
				}
			}
			done := make(chan error, 1)
			go func() {
				_, err := client.Do(t.Context(), r)
				done <- err
			}()
			<-begun
			c.end(t, n)
			err := <-done
			require.ErrorIs(t, err, &codec.Error{Code: c.code})
			require.ErrorContains(t, err, c.text)
			require.NotErrorIs(t, err, link.ErrLost)
			<-client.Ended()
		})
	}
}

// A call that does not return at once could hang in a file system.
func TestRevokedPeerReadsTheReasonWithinTwoSecondsAlthoughItsCallHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		free := make(chan struct{})
		n := remotetest.NewPipes(t, func(s *remote.Server) {
			s.Verbs = verb.Table{remotetest.ExtraVerb("HANG", false, func(context.Context) error {
				<-free
				return nil
			})}
		})
		defer n.Stop()
		defer close(free)
		c, _ := n.As(t, n.Peer)
		done := make(chan error, 1)
		go func() {
			_, err := c.Do(t.Context(), remotetest.NewRequest(t, "HANG"))
			done <- err
		}()
		synctest.Wait()
		_, err := n.Folder.Revoke("ann")
		require.NoError(t, err)
		began := time.Now()
		require.ErrorIs(t, <-done, &codec.Error{Code: codec.Unpaired})
		require.Less(t, time.Since(began), 2*time.Second)
		requireCut(n, t, c, "")
		c.Close()
	})
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

// An editor truncates the file, or renames it, before it writes it again.
func TestSessionsGoOnWhileAnEditorWritesThePeers(t *testing.T) {
	for what, change := range map[string]func(path string) error{
		"truncated": func(path string) error { return os.Truncate(path, 0) },
		"renamed":   func(path string) error { return os.Rename(path, path+"~") },
		"written in part": func(path string) error {
			info, err := os.Stat(path)
			return errors.Join(err, os.Truncate(path, info.Size()/2))
		},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := remotetest.NewPipes(t)
				c, _ := n.As(t, n.Peer)
				path := n.Folder.Path("peers")
				text, err := os.ReadFile(path)
				require.NoError(t, err)
				for range 20 { // at different moments between two looks
					require.NoError(t, change(path))
					time.Sleep(110 * time.Millisecond)
					c.OK("PING")
					time.Sleep(300 * time.Millisecond)
					require.NoError(t, os.WriteFile(path, text, 0o600))
					time.Sleep(510 * time.Millisecond)
					c.OK("PING")
				}
				require.NoError(t, change(path))
				requireCut(n, t, c, "")
				c.Close()
				n.Stop()
			})
		})
	}
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
