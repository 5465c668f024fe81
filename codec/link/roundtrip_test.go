package link_test

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
)

// far returns a connection on which each byte travels for d.
func far(t testing.TB, d time.Duration) (client, server net.Conn) {
	client, near := net.Pipe()
	other, server := net.Pipe()
	var carriers sync.WaitGroup
	carry := func(to io.WriteCloser, from io.Reader) {
		type piece struct {
			bytes []byte
			at    time.Time
		}
		pieces := make(chan piece, 1000)
		carriers.Go(func() {
			defer close(pieces)
			for {
				b := make([]byte, 4096)
				n, err := from.Read(b)
				if err != nil {
					return
				}
				pieces <- piece{b[:n], time.Now().Add(d)}
			}
		})
		carriers.Go(func() {
			defer to.Close()
			for p := range pieces {
				time.Sleep(time.Until(p.at))
				_, _ = to.Write(p.bytes)
			}
		})
	}
	carry(other, near)
	carry(near, other)
	t.Cleanup(func() {
		near.Close()
		other.Close()
		carriers.Wait()
	})
	return client, server
}

// late answers calls of LATE and EXEC only after 4 s, even if they are stopped, and
// calls of NONE never.
func late(ctx context.Context, c *link.Call) (codec.Pairs, error) {
	switch c.Verb.String() {
	case "LATE", "EXEC":
		time.Sleep(4 * time.Second)
	case "NONE":
		time.Sleep(time.Hour)
	}
	return echo(c)
}

// within returns a context that ends after d with errOwn.
func within(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeoutCause(t.Context(), d, errOwn)
	t.Cleanup(cancel)
	return ctx
}

func TestTriedCallNeverCostsTheLink(t *testing.T) {
	onFakeClock(t, func(t *testing.T) {
		l := open(t, pipe, late)
		began := time.Now()
		for range 2 {
			_, err := l.Try(within(t, time.Second), call("LATE"))
			require.ErrorIs(t, err, errOwn)
			require.NotErrorIs(t, err, link.ErrLost)
		}
		require.Equal(t, 2*time.Second, time.Since(began), "it returns when its time is over")
		requireAlive(t, l, "next")
		require.Equal(t, 4*time.Second, time.Since(began), "the next call waits for the answer")
		pairs, err := l.Try(within(t, 5*time.Second), call("LATE", "x"))
		require.NoError(t, err)
		require.Equal(t, codec.Pairs{{Key: "said", Value: "x"}}, pairs)
	})
}

func TestTriedCallNeverCostsTheLinkWhenNothingIsRead(t *testing.T) {
	onFakeClock(t, func(t *testing.T) {
		client, server := net.Pipe()
		c := codec.NewConn(server)
		defer c.Close()
		go func() {
			_ = c.WriteWords(codec.HELO, codec.Lits(codec.Version)...)
			_ = c.Flush()
			for range 2 { // HELO, TICK
				_, _ = c.ReadFrame()
			}
		}()
		l := openOn(t, client)
		_, err := l.Try(within(t, time.Second), call("DIR"))
		require.ErrorIs(t, err, errOwn)
		after(10 * time.Second)
		select {
		case <-l.Ended():
			require.Fail(t, "the link has ended")
		default:
		}
	})
}

// A call that waits for one that was left must not be stuck behind it.
func TestCancelledCallBehindATriedOneClosesTheLink(t *testing.T) {
	onFakeClock(t, func(t *testing.T) {
		l := open(t, pipe, late)
		_, err := l.Try(within(t, time.Second), call("NONE"))
		require.ErrorIs(t, err, errOwn)
		began := time.Now()
		_, err = l.Do(within(t, time.Second), call("ECHO"))
		require.ErrorIs(t, err, errOwn)
		require.ErrorIs(t, err, link.ErrLost)
		require.Equal(t, 2*time.Second, time.Since(began), "1 s, and 1 s for the answer")
		closed(t, l.Ended())
	})
}

func TestCancelledCallBehindATriedOneWaitsForItsAnswer(t *testing.T) {
	onFakeClock(t, func(t *testing.T) {
		l := open(t, pipe, late)
		_, err := l.Try(within(t, 2500*time.Millisecond), call("LATE"))
		require.ErrorIs(t, err, errOwn)
		_, err = l.Do(within(t, time.Second), call("ECHO"))
		require.ErrorIs(t, err, errOwn)
		require.NotErrorIs(t, err, link.ErrLost)
		requireAlive(t, l, "next")
	})
}

func TestCancelledCallHasTheTimeOfTwoRoundTripsMore(t *testing.T) {
	onFakeClock(t, func(t *testing.T) {
		client, server := far(t, 2*time.Second)
		serve(t, server, handler)
		l := openOn(t, client)
		for range 2 {
			_, err := l.Do(within(t, 5*time.Second), call("WAIT"))
			require.ErrorIs(t, err, errOwn)
			require.NotErrorIs(t, err, link.ErrLost)
			requireAlive(t, l, "next")
		}
	})
}

func TestPatienceFollowsTheRoundTrip(t *testing.T) {
	onFakeClock(t, func(t *testing.T) {
		client, server := far(t, 2*time.Second)
		serve(t, server, late)
		l := openOn(t, client)
		require.Equal(t, 5*time.Second, l.Patience(time.Second), "the greeting came one way")
		requireAlive(t, l, "a call takes 4 s")
		require.Equal(t, 9*time.Second, l.Patience(time.Second))
		_, err := l.Do(t.Context(), call("LATE"))
		require.NoError(t, err)
		require.Equal(t, 9*time.Second, l.Patience(time.Second), "one slow answer says nothing")

		l = open(t, pipe, late)
		require.Equal(t, time.Second, l.Patience(time.Second))
		_, err = l.Do(t.Context(), call("EXEC"))
		require.NoError(t, err)
		require.Equal(t, time.Second, l.Patience(time.Second), "a program takes the time it takes")
		for range 4 {
			_, err = l.Do(t.Context(), call("LATE"))
			require.NoError(t, err)
		}
		require.Equal(t, 9*time.Second, l.Patience(time.Second), "a slow server counts as far away")
	})
}
