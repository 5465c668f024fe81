package link_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec/link"
)

// A listener whose Accept returns the errors that it receives, and a connection for
// each nil.
type listener struct {
	errs   chan error
	closed chan struct{}
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case err := <-l.errs:
		if err != nil {
			return nil, err
		}
		near, far := net.Pipe()
		near.Close()
		return far, nil
	case <-l.closed:
		return nil, net.ErrClosed
	}
}

func (l *listener) Close() error {
	select {
	case <-l.closed:
	default:
		close(l.closed)
	}
	return nil
}

func (l *listener) Addr() net.Addr { return &net.TCPAddr{} }

func TestAcceptWaitsAfterAnErrorThatPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &listener{errs: make(chan error, 8), closed: make(chan struct{})}
		for _, err := range []error{syscall.EMFILE, syscall.EMFILE, syscall.EMFILE, nil, syscall.EMFILE, nil} {
			l.errs <- err
		}
		var log bytes.Buffer
		var at []time.Duration
		began := time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		err := link.Accept(ctx, l, slog.New(slog.NewTextHandler(&log, nil)), func(conn net.Conn) {
			conn.Close()
			if at = append(at, time.Since(began)); len(at) == 2 {
				cancel()
			}
		})
		require.NoError(t, err)
		require.Equal(t, []time.Duration{35 * time.Millisecond, 40 * time.Millisecond}, at)
		require.Equal(t, 4, bytes.Count(log.Bytes(), []byte("msg=accept")))
		_, open := <-l.closed
		require.False(t, open)
	})
}

func TestAcceptReturnsTheErrorOfAClosedListener(t *testing.T) {
	l := &listener{closed: make(chan struct{})}
	require.NoError(t, l.Close())
	err := link.Accept(t.Context(), l, slog.New(slog.DiscardHandler), func(net.Conn) { t.Error("nobody connected") })
	require.True(t, errors.Is(err, net.ErrClosed), "%v", err)
}
