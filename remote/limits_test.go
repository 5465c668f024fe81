package remote_test

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
)

// requireClosed waits until the server has closed conn, without a word.
func requireClosed(t *testing.T, conn net.Conn) {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(patience)) // a pipe that is closed takes none
	b, err := io.ReadAll(conn)
	require.Empty(t, b)
	require.NotErrorIs(t, err, os.ErrDeadlineExceeded, "it is still open")
}

// requireLetIn shows that a connection has not been closed.
func (h *helped) requireLetIn(t *testing.T, conn net.Conn) {
	t.Helper()
	l, _, err := link.Open(t.Context(), conn, link.Opening{Cookie: h.cookie})
	require.NoError(t, err)
	require.NoError(t, l.Close())
}

func TestOldestStrangerGivesWay(t *testing.T) {
	for of, limit := range map[string]int{"an address": 4, "all": 32} {
		t.Run(of, func(t *testing.T) {
			for strangers := limit - 1; strangers <= limit+1; strangers++ {
				h := newHelped(t, true)
				var conns []net.Conn
				for range strangers {
					if of == "an address" {
						h.dialled.Store(1)
					}
					conn := h.dial(t)
					defer conn.Close()
					conns = append(conns, conn)
					h.requireWaiting(t, min(len(conns), limit))
				}
				if strangers > limit {
					requireClosed(t, conns[0])
					conns = conns[1:]
				}
				for _, conn := range conns {
					h.requireLetIn(t, conn)
				}
			}
		})
	}
}

func (h *helped) requireWaiting(t *testing.T, n int) {
	t.Helper()
	eventually(t, "the connection is not accepted", func() bool { return remote.Waiting(h.server) == n })
}

func TestSessionsOfOnePeerAndOfAllAreLimited(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	var all []*client
	open := func(who *trust.Identity) error {
		conn := n.dialAs(t, who)
		l, _, err := link.Open(t.Context(), conn, link.Opening{})
		if err == nil {
			all = append(all, &client{l, t, conn})
			t.Cleanup(func() { l.Close() })
		}
		return err
	}
	for i := range 8 {
		who := n.invited(t, fmt.Sprint("peer", i), trust.AllRights)
		for range 8 {
			require.NoError(t, open(who))
		}
		if i < 7 {
			err := open(who)
			require.ErrorIs(t, err, &codec.Error{Code: codec.Busy})
			require.ErrorContains(t, err, "has 8 connections already, the most is 8")
		}
	}
	err := open(n.peer)
	require.ErrorIs(t, err, &codec.Error{Code: codec.Busy})
	require.ErrorContains(t, err, "64 connections are open already, the most is 64")
	for _, c := range all {
		c.ok("PING")
	}
	all[0].ok("EXIT")
	eventually(t, "the place is not free", func() bool { return open(n.peer) == nil })
}

func TestSessionsAreAsManyAsTheOwnerWants(t *testing.T) {
	n := newNetwork(t, func(s *remote.Server) { s.Sessions, s.SessionsEach = 3, 2 })
	n.as(t, n.peer)
	n.as(t, n.peer)
	_, _, err := link.Open(t.Context(), n.dial(t), link.Opening{})
	require.ErrorContains(t, err, "the most is 2")
	other := n.invited(t, "bob", trust.AllRights)
	n.as(t, other)
	_, _, err = link.Open(t.Context(), n.dialAs(t, other), link.Opening{})
	require.ErrorContains(t, err, "the most is 3")
}

func TestStrangerOnTLSHasTenSeconds(t *testing.T) {
	for _, begun := range []int{0, 1, 100} { // bytes of its ClientHello
		synctest.Test(t, func(t *testing.T) {
			n := newPipes(t)
			conn := n.bare(t)
			_, err := conn.Write(clientHello(t, n)[:begun])
			require.NoError(t, err)
			time.Sleep(10*time.Second - time.Millisecond)
			synctest.Wait()
			require.Equal(t, 1, remote.Waiting(n.server), "too early")
			time.Sleep(2 * time.Millisecond)
			synctest.Wait()
			require.Equal(t, 0, remote.Waiting(n.server))
			requireClosed(t, conn)
			n.stop()
		})
	}
}

// clientHello returns what a client of n says first.
func clientHello(t *testing.T, n *network) []byte {
	ours, theirs := net.Pipe()
	go func() { _ = tls.Client(theirs, n.peer.Client(n.self.ID)).Handshake() }()
	b := make([]byte, 200)
	_, err := io.ReadFull(ours, b)
	require.NoError(t, err)
	ours.Close()
	theirs.Close()
	return b
}

func TestStrangerHasThirtySecondsForItsProof(t *testing.T) {
	for _, begun := range []string{"", "PAIR", "PAIR 0000000100\nwords "} {
		synctest.Test(t, func(t *testing.T) {
			n := newPipes(t)
			_, err := n.folder.Invite(trust.AllRights, 0)
			require.NoError(t, err)
			stranger, err := trust.NewIdentity()
			require.NoError(t, err)
			conn := n.dialAs(t, stranger)
			f, err := codec.NewConn(conn).ReadFrame()
			require.NoError(t, err)
			require.Contains(t, string(f.Body), "pairing=open")
			_, err = conn.Write([]byte(begun))
			require.NoError(t, err)
			time.Sleep(30*time.Second - time.Millisecond)
			synctest.Wait()
			require.Equal(t, 1, remote.Waiting(n.server), "too early")
			time.Sleep(2 * time.Millisecond)
			synctest.Wait()
			require.Equal(t, 0, remote.Waiting(n.server))
			conn.Close()
			n.stop()
		})
	}
}

func TestFrameBeforeTheGateMayHave1024Bytes(t *testing.T) {
	for size := 1023; size <= 1025; size++ {
		h := newHelped(t, true)
		r := h.silent(t)
		_, err := r.net.Write([]byte(header("AUTH", size) + strings.Repeat("x", size-1) + "\n"))
		require.NoError(t, err)
		if size == 1025 {
			require.Empty(t, r.rest(t))
			continue
		}
		require.Equal(t, codec.ERR, r.next(t).verb)
	}
}

func TestMaximalFramesThatAreOnlyAnnouncedTakeNoMemory(t *testing.T) {
	n := newNetwork(t)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range 64 {
		who := n.invited(t, fmt.Sprint("peer", i), trust.AllRights)
		c, _ := n.as(t, who)
		_, err := c.net.Write([]byte(header("PUT", 2) + "x\n" + header("FILE", 10) + "f - - - x\n" + header("DATA", 1<<20)))
		require.NoError(t, err)
		eventually(t, "the frame is not read", func() bool { return strings.Count(n.log.String(), "msg=put") == i+1 })
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Less(t, int64(after.HeapInuse+after.StackInuse)-int64(before.HeapInuse+before.StackInuse), int64(64<<20))
}

func TestPairedClientGetsInPastACrowdOfStrangersFromItsAddress(t *testing.T) {
	n := newNetwork(t)
	hello := clientHello(t, n)
	for i := range 1200 {
		n.dialled.Store(1) // the same address
		conn := n.bare(t)
		defer conn.Close()
		if i%6 == 0 {
			_, _ = conn.Write(hello) // it may have given way already
		}
	}
	n.dialled.Store(1)
	began := time.Now()
	c, _ := n.as(t, n.peer)
	t.Logf("let in after %v", time.Since(began))
	c.ok("PING")
	require.LessOrEqual(t, remote.Waiting(n.server), 4)
}

func TestPictureHasAtMost100MegapixelsAnd64MiB(t *testing.T) {
	const pixels, bytes = 104857600, 67108864
	for more := -1; more <= 1; more++ {
		for _, err := range []error{remote.CheckPicture(pixels+more, 1), remote.CheckPicture(1, bytes+more)} {
			if more == 1 {
				require.ErrorIs(t, err, &codec.Error{Code: codec.TooBig})
			} else {
				require.NoError(t, err)
			}
		}
	}
}

func TestStrangersCannotBuryWhatTheLogHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newPipes(t)
		knock := func() {
			conn := n.bare(t)
			_, err := conn.Write([]byte("GET / HTTP/1.1\r\n"))
			require.NoError(t, err)
			conn.Close()
			synctest.Wait()
		}
		for range 1000 {
			knock()
		}
		require.Equal(t, 1, strings.Count(n.log.String(), "msg=refused"))
		time.Sleep(time.Second)
		knock()
		require.Equal(t, 2, strings.Count(n.log.String(), "msg=refused"))
		require.Contains(t, n.log.String(), "untold=999")
		n.stop()
	})
}

func TestSessionThatTakesTheLargestFramesHolds4MiBAtMost(t *testing.T) {
	const sessions = 16
	n := newNetwork(t, func(s *remote.Server) { s.SessionsEach = sessions })
	frame := append([]byte(header("DATA", 1<<20)), make([]byte, 1<<20)...)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for i := range sessions {
		c, _ := n.as(t, n.peer)
		_, err := fmt.Fprintf(c.net, "%sx%d\n%sf - - - x\n", header("PUT", 3+i/10), i, header("FILE", 10))
		require.NoError(t, err)
		for range 4 {
			_, err := c.net.Write(frame)
			require.NoError(t, err)
		}
		_, err = c.net.Write(frame[:1<<20]) // and all but the last bytes of another
		require.NoError(t, err)
	}
	eventually(t, "not all is written", func() bool {
		whole := 0
		for _, p := range parts(t, n.dir) {
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
