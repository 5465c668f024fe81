package dialect

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"
)

const (
	writeTimeout = 30 * time.Second // for one Write
	floodTimeout = 10 * time.Second // the time limit for dropping bytes
)

// A timedConn is a connection with time limits for reads and writes. Only one goroutine
// at a time may read.
type timedConn struct {
	net.Conn
	r    *bufio.Reader
	sent atomic.Int64 // the number of bytes sent
}

func newTimedConn(conn net.Conn) *timedConn { return &timedConn{Conn: conn, r: bufio.NewReader(conn)} }

// setTimeout makes reads or writes fail after the time d and when ctx ends, until disarm
// is called. set is the function that sets the deadline of these reads or writes. If d is
// 0, there is no limit of time.
func setTimeout(ctx context.Context, set func(time.Time) error, d time.Duration) (disarm func()) {
	var at time.Time
	if d > 0 {
		at = time.Now().Add(d)
	}
	_ = set(at) // on a closed connection the next read or write fails
	over := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(over)
		_ = set(time.Unix(1, 0))
	})
	return func() {
		if !stop() {
			<-over // otherwise the function set could still interrupt the next read or write
		}
	}
}

// causeOf returns err, the result of a read or write. If err is not nil and ctx has
// ended, it returns the cause of ctx instead, because the end of ctx has made the read or
// write fail.
func causeOf(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func isTimeout(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// waitReadable waits until something can be read.
func (w *timedConn) waitReadable(ctx context.Context, d time.Duration) error {
	defer setTimeout(ctx, w.SetReadDeadline, d)()
	_, err := w.r.Peek(1)
	return causeOf(ctx, err)
}

// waitMore waits until more can be read than is in the buffer.
func (w *timedConn) waitMore(ctx context.Context, d time.Duration) error {
	defer setTimeout(ctx, w.SetReadDeadline, d)()
	_, err := w.r.Peek(w.r.Buffered() + 1)
	return causeOf(ctx, err)
}

// readFull fills b. n is smaller than len(b) only with an error.
func (w *timedConn) readFull(ctx context.Context, d time.Duration, b []byte) (n int, err error) {
	defer setTimeout(ctx, w.SetReadDeadline, d)()
	n, err = io.ReadFull(w.r, b)
	return n, causeOf(ctx, err)
}

// drain reads until nothing has arrived for the time d. It returns the first bytes, at
// most as many as the parameter most allows, and drops the rest. The error is io.EOF at
// the end of the connection, and errGarbage if the data does not end within floodTimeout.
func (w *timedConn) drain(ctx context.Context, d time.Duration, most int) ([]byte, error) {
	var kept []byte
	buf := make([]byte, 4<<10)
	for began := time.Now(); time.Since(began) < floodTimeout; {
		disarm := setTimeout(ctx, w.SetReadDeadline, d)
		n, err := w.r.Read(buf)
		disarm()
		kept = append(kept, buf[:min(n, most-len(kept))]...)
		switch err = causeOf(ctx, err); {
		case isTimeout(err):
			return kept, nil
		case err != nil:
			return kept, err
		}
	}
	return kept, errGarbage
}

// send writes b with one Write.
func (w *timedConn) send(ctx context.Context, b []byte) error {
	defer setTimeout(ctx, w.SetWriteDeadline, writeTimeout)()
	n, err := w.Write(b)
	w.sent.Add(int64(n))
	return causeOf(ctx, err)
}

// closeGracefully closes the connection after reading everything that the peer still
// sends, because TCP would discard the last bytes sent if bytes of the peer were left
// unread.
func (w *timedConn) closeGracefully(ctx context.Context) {
	if half, ok := w.Conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		defer setTimeout(ctx, w.SetReadDeadline, closeTimeout)()
		_, _ = io.Copy(io.Discard, w.r)
	}
}

const closeTimeout = time.Second
