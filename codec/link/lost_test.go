package link_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
)

// A cable passes bytes between a client and a server until a direction is cut.
type cable struct {
	cutUp, cutDown chan struct{} // closed to cut a direction; its bytes then vanish
}

// newCable connects a client and a server over two connections of the kind connect.
// When the direction to the server is cut, the cable calls cut with its server end.
func newCable(t testing.TB, connect ends, cut func(server net.Conn)) (c *cable, client, server net.Conn) {
	c = &cable{cutUp: make(chan struct{}), cutDown: make(chan struct{})}
	client, nearClient := connect(t)
	nearServer, server := connect(t)
	over := make(chan struct{}, 2)
	pass := func(to, from net.Conn, end chan struct{}, cut func(net.Conn)) {
		defer func() { over <- struct{}{} }()
		buf := make([]byte, 32<<10)
		for isCut := false; ; {
			n, err := from.Read(buf)
			if err != nil {
				if !isCut {
					to.Close()
				}
				return
			}
			select {
			case <-end:
				if !isCut {
					cut(to)
				}
				isCut = true
			default:
				_, _ = to.Write(buf[:n])
			}
		}
	}
	go pass(nearServer, nearClient, c.cutUp, cut)
	go pass(nearClient, nearServer, c.cutDown, func(net.Conn) {})
	t.Cleanup(func() {
		nearClient.Close()
		nearServer.Close()
		<-over
		<-over
	})
	return c, client, server
}

// streaming returns a call of TAKE that sends frames until its context ends. Its errors
// are about a file, like those of a put.
func streaming() link.Request {
	r := call("TAKE")
	r.Send = func(ctx context.Context, up *link.Upstream) error {
		for ; ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
			err := errors.Join(up.Write(codec.DATA, make([]byte, 64<<10)), up.Flush())
			if err != nil {
				return codec.Explain("big.iso", err)
			}
		}
		return context.Cause(ctx)
	}
	return r
}

// A server that receives nothing more says so, and the client may still receive that: it
// is not an answer, because the server has lost the link.
func TestEveryCallOnASilentLinkIsLost(t *testing.T) {
	for name, cut := range map[string]func(*cable){
		"up":   func(c *cable) { close(c.cutUp) },
		"down": func(c *cable) { close(c.cutDown) },
		"both": func(c *cable) { close(c.cutUp); close(c.cutDown) },
	} {
		for what, r := range map[string]link.Request{"a stream": streaming(), "a wait": call("WAIT")} {
			t.Run(what+" "+name, func(t *testing.T) {
				onFakeClock(t, func(t *testing.T) {
					c, client, server := newCable(t, pipe, func(net.Conn) {})
					done := serve(t, server, func(ctx context.Context, call *link.Call) (codec.Pairs, error) {
						cut(c)
						return handler(ctx, call)
					})
					l := openOn(t, client)
					_, err := l.Do(t.Context(), r)
					require.ErrorIs(t, err, link.ErrLost)
					require.EqualError(t, err, "the link was lost: nothing was received for too long")
					require.NoError(t, l.Close())
					require.ErrorIs(t, closed(t, done), link.ErrLost)
				})
			})
		}
	}
}

func TestEveryCallWhoseInputEndsOnTheWayIsLost(t *testing.T) {
	for name, reason := range map[string]string{
		"TAKE": "the input ended inside an open stream",
		"WAIT": "the client is gone",
	} {
		t.Run(name, func(t *testing.T) {
			c, client, server := newCable(t, loopback, func(server net.Conn) {
				_ = server.(*net.TCPConn).CloseWrite()
			})
			begun := make(chan struct{})
			serve(t, server, func(ctx context.Context, call *link.Call) (codec.Pairs, error) {
				close(begun)
				return handler(ctx, call)
			})
			l := openOn(t, client)
			r := call(name)
			r.Send = func(ctx context.Context, up *link.Upstream) error {
				<-begun
				close(c.cutUp)
				_ = up.WriteWords(codec.TICK) // makes the cable notice the cut
				_ = up.Flush()
				<-ctx.Done()
				return context.Cause(ctx)
			}
			_, err := l.Do(t.Context(), r)
			require.ErrorIs(t, err, link.ErrLost)
			require.EqualError(t, err, "the link was lost: "+reason)
		})
	}
}

// The error of a Send that could not write has the name of a file and two addresses,
// which say nothing about why the link was lost.
func TestAFailedWriteIsALostLink(t *testing.T) {
	client, server := loopback(t)
	serve(t, server, func(ctx context.Context, call *link.Call) (codec.Pairs, error) {
		server.Close()
		return handler(ctx, call)
	})
	l := openOn(t, client)
	_, err := l.Do(t.Context(), streaming())
	require.ErrorIs(t, err, link.ErrLost)
	require.NotContains(t, err.Error(), "big.iso")
	require.NotContains(t, err.Error(), "127.0.0.1")
}

// An end of input without close_notify is an io.ErrUnexpectedEOF.
func TestAnEndWithoutGoodbyeIsALostLink(t *testing.T) {
	client, server := net.Pipe()
	done := serve(t, noGoodbye{server}, handler)
	r := openRaw(t, client)
	r.say(t, "ECHO", "x")
	require.Equal(t, codec.OK, r.next(t).verb)
	client.Close()
	err := closed(t, done)
	require.ErrorIs(t, err, link.ErrLost)
	require.EqualError(t, err, "the link was lost: the input ended without close_notify")
}

type noGoodbye struct{ net.Conn }

func (c noGoodbye) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}
