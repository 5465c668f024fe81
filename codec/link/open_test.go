package link_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
)

// A script is a step of a server with a new connection, which stays open after the last
// step.
type script func(c *codec.Conn)

func say(verb codec.Verb, words ...string) script {
	return func(c *codec.Conn) {
		_ = c.WriteWords(verb, codec.Lits(words...)...)
		_ = c.Flush()
	}
}

func pass(d time.Duration) script { return func(*codec.Conn) { time.Sleep(d) } }

// hear returns a script that reads n frames.
func hear(n int) script {
	return func(c *codec.Conn) {
		for range n {
			_, _ = c.ReadFrame()
		}
	}
}

func hello() script { return say(codec.HELO, codec.Version, "host=pc") }

func unpaired(pairing string) script {
	return say(codec.ERR, "unpaired", "pc does not know this computer", "pairing="+pairing)
}

// opens runs Open against a server that runs these scripts, on a fake clock, and returns
// the result and the time taken.
func opens(t *testing.T, o link.Opening, server ...script) (hello codec.Hello, took time.Duration, err error) {
	synctest.Test(t, func(t *testing.T) {
		client, remote := net.Pipe()
		over := make(chan struct{})
		go func() {
			defer close(over)
			c := codec.NewConn(remote)
			for _, do := range server {
				do(c)
			}
			c.Drop()
			c.Close()
		}()
		began := time.Now()
		var l *link.Link
		if l, hello, err = link.Open(t.Context(), client, o); err == nil {
			l.Close()
		}
		took = time.Since(began)
		_, werr := client.Write([]byte("x"))
		require.ErrorIs(t, werr, io.ErrClosedPipe)
		<-over
	})
	return hello, took, err
}

func TestGreetingHasLimitsInTime(t *testing.T) {
	pairs := func(ctx context.Context, c *codec.Conn, _ codec.Hello, _ *codec.Error) error {
		_, err := c.ReadFrame()
		return err
	}
	for name, c := range map[string]struct {
		opening link.Opening
		server  []script
		took    time.Duration
		says    string // "" means success
	}{
		"silence": {
			server: []script{pass(time.Hour)}, took: 10 * time.Second, says: "no HELO within 10s",
		},
		"the last moment": {
			server: []script{pass(10*time.Second - moment), hello(), hear(2)},
			took:   10*time.Second - moment,
		},
		"no room for AUTH": {
			opening: link.Opening{Cookie: "c"}, server: []script{pass(time.Hour)},
			took: 10 * time.Second, says: "no HELO within 10s",
		},
		"no room for our HELO": {
			server: []script{hello(), pass(time.Hour)}, took: 10 * time.Second,
			says: "no room for an answer within 10s",
		},
		"a carrier that asks": {
			opening: link.Opening{Noise: true},
			server: []script{
				pass(30*time.Second - moment), say(codec.TICK), pass(30*time.Second - moment), hello(), hear(2),
			},
			took: time.Minute - 2*moment,
		},
		"a silent carrier": {
			opening: link.Opening{Noise: true}, server: []script{pass(time.Hour)},
			took: 30 * time.Second, says: "nothing came from the carrier for 30s",
		},
		"a carrier that falls silent": {
			opening: link.Opening{Noise: true}, server: []script{pass(moment), say(codec.TICK), pass(time.Hour)},
			took: 30*time.Second + moment, says: "nothing came from the carrier for 30s",
		},
		"a pairing without answer": {
			opening: link.Opening{Pair: pairs}, server: []script{unpaired("open"), pass(time.Hour)},
			took: 30 * time.Second, says: "no answer to PAIR within 30s",
		},
		"a pairing, just in time": {
			opening: link.Opening{Pair: pairs},
			server: []script{
				unpaired("open"), pass(30*time.Second - moment), say(codec.OK), hello(),
				hear(2),
			},
			took: 30*time.Second - moment,
		},
		"a pairing without HELO": {
			opening: link.Opening{Pair: pairs},
			server:  []script{unpaired("open"), pass(5 * time.Second), say(codec.OK), pass(time.Hour)},
			took:    15 * time.Second, says: "no HELO within 10s",
		},
		"HELO long after a pairing": {
			opening: link.Opening{Pair: pairs},
			server: []script{
				unpaired("open"), pass(20 * time.Second), say(codec.OK), pass(9 * time.Second), hello(),
				hear(2),
			},
			took: 29 * time.Second,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, took, err := opens(t, c.opening, c.server...)
			require.Equal(t, c.took, took)
			if c.says == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, c.says)
			require.ErrorIs(t, err, &codec.Error{Code: codec.Timeout})
		})
	}
}

func TestPairHandlesUnpaired(t *testing.T) {
	var host string
	var refusal *codec.Error
	called := 0
	take := func(_ context.Context, _ *codec.Conn, h codec.Hello, r *codec.Error) error {
		called++
		host, refusal = h.Host, r
		return nil
	}
	t.Run("HELO follows", func(t *testing.T) {
		h, _, err := opens(t, link.Opening{Pair: take}, unpaired("open"), hello(), hear(2))
		require.NoError(t, err)
		require.Equal(t, "pc", h.Host)
		require.Equal(t, "pc does not know this computer", refusal.Text)
		require.Equal(t, codec.Pairs{{Key: "pairing", Value: "open"}}, refusal.More)
	})
	t.Run("it knows us already", func(t *testing.T) {
		h, _, err := opens(t, link.Opening{Pair: take}, hello(), hear(2))
		require.NoError(t, err)
		require.Equal(t, "pc", h.Host)
		require.Nil(t, refusal)
		require.Equal(t, "pc", host)
	})
	t.Run("it refuses again", func(t *testing.T) {
		_, _, err := opens(t, link.Opening{Pair: take}, unpaired("open"), unpaired("closed"))
		require.ErrorIs(t, err, &codec.Error{Code: codec.Unpaired})
	})
	require.Equal(t, 3, called)
	t.Run("an error ends it", func(t *testing.T) {
		for _, server := range [][]script{{unpaired("closed"), hello()}, {hello()}} {
			_, _, err := opens(
				t,
				link.Opening{
					Pair: func(context.Context, *codec.Conn, codec.Hello, *codec.Error) error { return errOwn },
				},
				server...,
			)
			require.ErrorIs(t, err, errOwn)
		}
	})
	t.Run("its connection is closed with the context", func(t *testing.T) {
		client, remote := net.Pipe()
		ctx, cancel := context.WithCancelCause(t.Context())
		go unpaired("open")(codec.NewConn(remote))
		_, _, err := link.Open(ctx, client, link.Opening{Pair: func(
			pctx context.Context, c *codec.Conn, _ codec.Hello, _ *codec.Error,
		) error {
			cancel(errOwn)
			<-pctx.Done()
			_, err := c.ReadFrame()
			return errors.Join(errors.New("another one"), err)
		}})
		require.Equal(t, errOwn, err)
	})
	t.Run("without it the refusal is the error", func(t *testing.T) {
		_, _, err := opens(t, link.Opening{}, unpaired("open"), hello())
		require.EqualError(t, err, "pc does not know this computer")
	})
	t.Run("other refusals are not its business", func(t *testing.T) {
		_, _, err := opens(t, link.Opening{Pair: take}, say(codec.ERR, "busy", "too many"), hello())
		require.EqualError(t, err, "too many")
		require.Equal(t, 3, called)
	})
}

func TestNewsArrivesFromTheFirstFrameOn(t *testing.T) {
	client, remote := net.Pipe()
	defer remote.Close()
	go func() {
		c := codec.NewConn(remote)
		hello()(c)
		hear(2)(c)
		say(codec.NEWS, "asking", "who is there?")(c)
	}()
	news := make(chan string, 1)
	l, _, err := link.Open(
		t.Context(), client, link.Opening{News: func(kind, text string) { news <- kind + ": " + text }},
	)
	require.NoError(t, err)
	defer l.Close()
	require.Equal(t, "asking: who is there?", closed(t, news))
}
