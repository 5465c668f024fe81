package access_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/remote/remotetest"
)

// isOpen reports whether the server has neither closed conn nor sent anything.
func isOpen(conn net.Conn) bool {
	_ = conn.SetReadDeadline(time.Now().Add(time.Nanosecond)) // fails for a pipe that is already closed
	_, err := conn.Read(make([]byte, 1))
	return os.IsTimeout(err)
}

// A host is the address of the nth connection.
type host func(n int) string

func oneHost(int) string        { return "192.0.2.7" }
func otherHosts(n int) string   { return fmt.Sprintf("198.51.%d.%d", n/250, n%250) }
func hostsOfOne64(n int) string { return fmt.Sprintf("2001:db8:0:1::%x", n+1) }

func TestSilentConnectionsAreLimited(t *testing.T) {
	for _, c := range []struct {
		of    string
		from  host
		limit int
	}{
		{"an address", oneHost, 256},
		{"a network of IPv6", hostsOfOne64, 256},
		{"all", otherHosts, 1024},
	} {
		for n := c.limit - 1; n <= c.limit+1; n++ {
			t.Run(fmt.Sprint(c.of, " ", n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					network := remotetest.NewPipes(t)
					var conns []net.Conn
					for i := range n {
						conns = append(conns, network.From(c.from(i)))
					}
					synctest.Wait()
					for i, conn := range conns {
						require.Equal(t, i < c.limit, isOpen(conn), "connection %d", i)
					}
					require.Equal(t, min(n, c.limit), remotetest.Waiting(network.Server))
					network.Stop()
				})
			})
		}
	}
}

// fill opens as many silent connections as are allowed: 200 from one address, and one
// each from others.
func fill(n *remotetest.Network) (large, small []net.Conn) {
	for i := range 1024 {
		if i%5 == 4 && len(large) < 200 {
			large = append(large, n.From(oneHost(i)))
		} else {
			small = append(small, n.From(otherHosts(i)))
		}
	}
	synctest.Wait()
	return large, small
}

func TestOldestSilentConnectionOfTheLargestSourceGivesWayAfterTwoSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := remotetest.NewPipes(t)
		large, small := fill(n)
		time.Sleep(2*time.Second - time.Millisecond)
		early := n.From("203.0.113.9")
		synctest.Wait()
		require.False(t, isOpen(early), "nothing gives way in its first two seconds")
		time.Sleep(time.Millisecond)
		newcomer := n.From("203.0.113.9")
		synctest.Wait()
		require.True(t, isOpen(newcomer))
		require.False(t, isOpen(large[0]))
		for _, conn := range append(large[1:], small...) {
			require.True(t, isOpen(conn))
		}
		time.Sleep(time.Second) // between two lines of the log
		n.From("203.0.113.9")
		synctest.Wait()
		require.False(t, isOpen(large[1]))
		require.Contains(t, n.Log.String(), "it gave way to a newer connection")
		n.Stop()
	})
}

func TestSmallSourceDoesNotGiveWayToALargerOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := remotetest.NewPipes(t)
		var small []net.Conn
		for i := range 1024 - 200 {
			small = append(small, n.From(otherHosts(i)))
		}
		time.Sleep(time.Second)
		var large []net.Conn
		for i := range 201 {
			large = append(large, n.From(oneHost(i)))
		}
		time.Sleep(time.Second) // the small ones have had their two seconds, the large source has not
		newcomer := n.From(oneHost(0))
		synctest.Wait()
		require.False(t, isOpen(newcomer))
		for _, conn := range append(small, large[:200]...) {
			require.True(t, isOpen(conn))
		}
		n.Stop()
	})
}

// awaitServerHello sends a ClientHello, and waits for the beginning of the answer.
func awaitServerHello(conn net.Conn, hello []byte) error {
	if err := conn.SetDeadline(time.Now().Add(remotetest.Timeout)); err != nil {
		return err
	}
	if _, err := conn.Write(hello); err != nil {
		return err
	}
	_, err := io.ReadFull(conn, make([]byte, 1))
	return err
}

func TestClientIsAdmittedDuringAFlood(t *testing.T) {
	const roundTrip = 80 * time.Millisecond
	for name, flood := range map[string]struct {
		perSecond int
		from      host
	}{
		"50 a second from its own address": {50, oneHost},
		"300 a second from 50 addresses":   {300, func(n int) string { return otherHosts(n % 50) }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := remotetest.NewPipes(t)
				hello := clientHello(t, n)
				every := time.Second / time.Duration(flood.perSecond)
				ctx, stop := context.WithCancel(t.Context())
				flooded := make(chan struct{})
				go func() {
					defer close(flooded)
					for i := 0; ctx.Err() == nil; i++ {
						n.From(flood.from(i))
						time.Sleep(every)
					}
				}()
				time.Sleep(15 * time.Second)
				for range 30 {
					conn := n.From(oneHost(0))
					time.Sleep(roundTrip)
					require.NoError(t, awaitServerHello(conn, hello))
					conn.Close()
					time.Sleep(100 * time.Millisecond)
				}
				stop()
				<-flooded
				n.Stop()
			})
		})
	}
}

func TestConnectionsInTheHandshakeAreLimited(t *testing.T) {
	for _, c := range []struct {
		of    string
		from  host
		limit int
	}{
		{"an address", oneHost, 8},
		{"a network of IPv6", hostsOfOne64, 8},
		{"all", otherHosts, 64},
	} {
		for n := c.limit - 1; n <= c.limit+1; n++ {
			t.Run(fmt.Sprint(c.of, " ", n), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					network := remotetest.NewPipes(t)
					hello := clientHello(t, network)
					var conns []net.Conn
					for i := range n {
						conn := network.From(c.from(i))
						err := awaitServerHello(conn, hello)
						require.Equal(t, i < c.limit, err == nil, "connection %d: %v", i, err)
						conns = append(conns, conn)
					}
					silent := network.From(c.from(0))
					synctest.Wait()
					require.True(t, isOpen(silent), "only those that speak count")
					time.Sleep(5 * time.Second) // all that are in the handshake are over
					late := network.From(c.from(0))
					require.NoError(t, awaitServerHello(late, hello))
					for _, conn := range append(conns, late) {
						conn.Close()
					}
					network.Stop()
				})
			})
		}
	}
}

func TestHandshakeHasFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := remotetest.NewPipes(t)
		conn := n.Bare(t)
		hello := clientHello(t, n)
		time.Sleep(3 * time.Second)
		require.NoError(t, awaitServerHello(conn, hello))
		go func() { _, _ = io.Copy(io.Discard, conn) }()
		time.Sleep(5*time.Second - time.Millisecond)
		synctest.Wait()
		require.Equal(t, 1, remotetest.Waiting(n.Server), "too early")
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		require.Equal(t, 0, remotetest.Waiting(n.Server))
		require.Contains(t, n.Log.String(), "its handshake took more than 5s")
		n.Stop()
	})
}

// A ClientHello may come in pieces, and in records of any size, but not be endless.
func TestClientHelloInPieces(t *testing.T) {
	n := remotetest.NewNetwork(t)
	hello := clientHello(t, n)
	for size := 16; size < 2*len(hello); size = size*5/4 + 1 {
		var records []byte
		for body := hello[5:]; len(body) > 0; {
			part := body[:min(size, len(body))]
			records = append(records, 22, 3, 1, byte(len(part)>>8), byte(len(part)))
			records = append(records, part...)
			body = body[len(part):]
		}
		conn := n.Bare(t)
		for piece := range slices.Chunk(records[:len(records)-1], 100) {
			_, err := conn.Write(piece)
			require.NoError(t, err)
		}
		require.NoError(t, awaitServerHello(conn, records[len(records)-1:]), "records of %d bytes", size)
		conn.Close()
	}
	endless := append([]byte{22, 3, 1, 0x40, 0, 1, 0, 0x3f, 0}, make([]byte, 10<<10)...)
	conn := n.Bare(t)
	require.Error(t, awaitServerHello(conn, endless))
	remotetest.Eventually(t, "it is not refused", func() bool { return remotetest.Waiting(n.Server) == 0 })
}

// Strangers that wait to be paired take no room from others in the handshake.
func TestConnectionsThatArePairedAreLimited(t *testing.T) {
	n := remotetest.NewNetwork(t)
	_, err := n.Folder.Invite(trust.AllRights, 0)
	require.NoError(t, err)
	stranger, err := trust.NewIdentity()
	require.NoError(t, err)
	said := func() string {
		n.Dialled.Store(1) // the same address
		conn := n.DialAs(t, stranger)
		t.Cleanup(func() { conn.Close() })
		require.NoError(t, conn.SetDeadline(time.Now().Add(remotetest.Timeout)))
		f, err := codec.NewConn(conn).ReadFrame()
		require.NoError(t, err)
		return string(f.Body)
	}
	for range 8 {
		require.Contains(t, said(), "pairing=open")
	}
	require.Contains(t, said(), "busy ")
	n.Dialled.Store(1)
	c, _ := n.As(t, n.Peer)
	c.OK("PING")
}
