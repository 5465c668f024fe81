package access_test

import (
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote"
	"techsh/remote/remotetest"
)

// requireClosed waits until the server has closed conn, and checks that it has sent
// nothing.
func requireClosed(t *testing.T, conn net.Conn) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(remotetest.Timeout)) // fails for a pipe that is already closed
	b, err := io.ReadAll(conn)
	require.Empty(t, b)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "it is still open")
}

func TestSessionsOfOnePeerAndOfAllAreLimited(t *testing.T) {
	t.Parallel()
	n := remotetest.NewNetwork(t)
	var all []*remotetest.Client
	open := func(who *trust.Identity) error {
		conn := n.DialAs(t, who)
		l, _, err := link.Open(t.Context(), conn, link.Opening{})
		if err == nil {
			all = append(all, &remotetest.Client{Link: l, T: t, Net: conn})
			t.Cleanup(func() { l.Close() })
		}
		return err
	}
	for i := range 8 {
		who := n.Invited(t, fmt.Sprint("peer", i), trust.AllRights)
		for range 8 {
			require.NoError(t, open(who))
		}
		if i < 7 {
			err := open(who)
			require.ErrorIs(t, err, &codec.Error{Code: codec.Busy})
			require.ErrorContains(t, err, "has 8 connections already, the limit is 8")
		}
	}
	err := open(n.Peer)
	require.ErrorIs(t, err, &codec.Error{Code: codec.Busy})
	require.ErrorContains(t, err, "64 connections are open already, the limit is 64")
	for _, c := range all {
		c.OK("PING")
	}
	all[0].OK("EXIT")
	remotetest.Eventually(t, "the place is not free", func() bool { return open(n.Peer) == nil })
}

func TestSessionsAreAsManyAsTheOwnerWants(t *testing.T) {
	n := remotetest.NewNetwork(t, func(s *remote.Server) { s.Sessions, s.SessionsEach = 3, 2 })
	n.As(t, n.Peer)
	n.As(t, n.Peer)
	_, _, err := link.Open(t.Context(), n.Dial(t), link.Opening{})
	require.ErrorContains(t, err, "the limit is 2")
	other := n.Invited(t, "bob", trust.AllRights)
	n.As(t, other)
	_, _, err = link.Open(t.Context(), n.DialAs(t, other), link.Opening{})
	require.ErrorContains(t, err, "the limit is 3")
}

func TestUnpairedClientHasTenSecondsOnTLS(t *testing.T) {
	for _, begun := range []int{0, 1, 100} { // bytes of its ClientHello that are sent
		synctest.Test(t, func(t *testing.T) {
			n := remotetest.NewPipes(t)
			conn := n.Bare(t)
			_, err := conn.Write(clientHello(t, n)[:begun])
			require.NoError(t, err)
			time.Sleep(10*time.Second - time.Millisecond)
			synctest.Wait()
			require.Equal(t, 1, remotetest.Waiting(n.Server), "too early")
			time.Sleep(2 * time.Millisecond)
			synctest.Wait()
			require.Equal(t, 0, remotetest.Waiting(n.Server))
			requireClosed(t, conn)
			n.Stop()
		})
	}
}

// clientHello returns the first TLS message of a client of n.
func clientHello(t testing.TB, n *remotetest.Network) []byte {
	ours, theirs := net.Pipe()
	go func() { _ = tls.Client(theirs, n.Peer.Client(n.Self.ID)).Handshake() }()
	b := make([]byte, 16<<10)
	_, err := io.ReadFull(ours, b[:5])
	require.NoError(t, err)
	size := 5 + int(b[3])<<8 + int(b[4])
	_, err = io.ReadFull(ours, b[5:size])
	require.NoError(t, err)
	ours.Close()
	theirs.Close()
	return b[:size]
}

func TestUnpairedClientHasThirtySecondsForItsProof(t *testing.T) {
	for _, begun := range []string{"", "PAIR", "PAIR 0000000100\nwords "} {
		synctest.Test(t, func(t *testing.T) {
			n := remotetest.NewPipes(t)
			_, err := n.Folder.Invite(trust.AllRights, 0)
			require.NoError(t, err)
			stranger, err := trust.NewIdentity()
			require.NoError(t, err)
			conn := n.DialAs(t, stranger)
			f, err := codec.NewConn(conn).ReadFrame()
			require.NoError(t, err)
			require.Contains(t, string(f.Body), "pairing=open")
			_, err = conn.Write([]byte(begun))
			require.NoError(t, err)
			time.Sleep(30*time.Second - time.Millisecond)
			synctest.Wait()
			require.Equal(t, 1, remotetest.Waiting(n.Server), "too early")
			time.Sleep(2 * time.Millisecond)
			synctest.Wait()
			require.Equal(t, 0, remotetest.Waiting(n.Server))
			conn.Close()
			n.Stop()
		})
	}
}

func TestFrameBeforeTheGateMayHave1024Bytes(t *testing.T) {
	for size := 1023; size <= 1025; size++ {
		h := remotetest.New(t, true)
		r := h.Silent(t)
		_, err := r.Net.Write([]byte(remotetest.Header("AUTH", size) + strings.Repeat("x", size-1) + "\n"))
		require.NoError(t, err)
		if size == 1025 {
			require.Empty(t, r.Rest(t))
			continue
		}
		require.Equal(t, codec.ERR, r.Next(t).Verb)
	}
}

func TestMaximalFramesThatAreOnlyAnnouncedTakeNoMemory(t *testing.T) {
	n := remotetest.NewNetwork(t)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 64 {
		who := n.Invited(t, fmt.Sprint("peer", i), trust.AllRights)
		c, _ := n.As(t, who)
		_, err := c.Net.Write([]byte(remotetest.Header("PUT", 2) + "x\n" + remotetest.Header("FILE", 10) +
			"f - - - x\n" + remotetest.Header("DATA", 1<<20)))
		require.NoError(t, err)
		remotetest.Eventually(
			t,
			"the frame is not read",
			func() bool { return strings.Count(n.Log.String(), "msg=put") == i+1 },
		)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Less(t, int64(after.HeapInuse+after.StackInuse)-int64(before.HeapInuse+before.StackInuse), int64(64<<20))
}

func TestUnpairedClientsCannotFloodTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := remotetest.NewPipes(t)
		knock := func() {
			conn := n.Bare(t)
			_, err := conn.Write([]byte("GET / HTTP/1.1\r\n"))
			require.NoError(t, err)
			conn.Close()
			synctest.Wait()
		}
		for range 1000 {
			knock()
		}
		require.Equal(t, 1, strings.Count(n.Log.String(), "msg=refused"))
		time.Sleep(time.Second)
		knock()
		require.Equal(t, 2, strings.Count(n.Log.String(), "msg=refused"))
		require.Contains(t, n.Log.String(), "untold=999")
		n.Stop()
	})
}

func TestSessionThatTakesTheLargestFramesHolds4MiBAtMost(t *testing.T) {
	const sessions = 16
	n := remotetest.NewNetwork(t, func(s *remote.Server) { s.SessionsEach = sessions })
	frame := append([]byte(remotetest.Header("DATA", 1<<20)), make([]byte, 1<<20)...)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range sessions {
		c, _ := n.As(t, n.Peer)
		_, err := fmt.Fprintf(
			c.Net,
			"%sx%d\n%sf - - - x\n",
			remotetest.Header("PUT", 3+i/10),
			i,
			remotetest.Header("FILE", 10),
		)
		require.NoError(t, err)
		for range 4 {
			_, err := c.Net.Write(frame)
			require.NoError(t, err)
		}
		_, err = c.Net.Write(frame[:1<<20]) // a second frame, except for its last bytes
		require.NoError(t, err)
	}
	remotetest.Eventually(t, "not all is written", func() bool {
		whole := 0
		for _, p := range remotetest.Parts(t, n.Dir) {
			if fi, err := os.Stat(p); err == nil && fi.Size() == 4<<20 {
				whole++
			}
		}
		return whole == sessions
	})
	runtime.GC()
	runtime.ReadMemStats(&after)
	held := int64(after.HeapInuse+after.StackInuse) - int64(before.HeapInuse+before.StackInuse)
	t.Logf("%d KiB a session", held/sessions/1024)
	require.LessOrEqual(t, held/sessions, int64(4<<20))
}
