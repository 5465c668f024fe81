// Package link implements one connection between two techsh programs: reading,
// writing, the heartbeat, and the end of the connection. A client makes calls (Open,
// Do), a server answers them (New, Serve). Both use the type Link, because the same
// two rules keep both from blocking for ever:
//
//   - One goroutine always reads. It passes each frame to the code that waits for
//     it, or drops the frame. It never writes.
//   - Any other goroutine may write. Frames are written whole.
//
// The files are open.go, the greeting of a client; client.go and client_answer.go,
// calls as the client makes them; answer.go, handlers for simple answers; server.go
// and call.go, calls as the server answers them; credit.go, the flow of standard
// input; heartbeat.go, ticks; timeout.go, limits in time for reads.
package link

import (
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"techsh/codec"
)

// How long a Link waits.
const (
	tickDelay       = 15 * time.Second // without a frame of our own, once the peer has ticked
	deadTimeout     = 45 * time.Second // without a byte from a peer that ticks
	idleTimeout     = 10 * time.Minute // without a byte from a client that has never ticked
	frameTimeout    = 30 * time.Second // for the rest of a frame, or for framePartSize bytes of it
	framePartSize   = 64 << 10
	graceDelay      = time.Second      // the last part of each of these, see startTimer
	cancelTimeout   = time.Second      // for the answer to a cancelled call
	hangUpTimeout   = time.Second      // for reading and dropping before a close
	orphanTimeout   = 5 * time.Second  // for the answer to a call of a peer that is gone
	progressTimeout = 10 * time.Second // for a byte to be sent to a peer that has ended its own stream
)

var errSilence = codec.Errorf(codec.Timeout, "nothing came for too long")

// ErrLost is the error of a call whose link ended before its answer. Whether the
// call was carried out is not known.
var ErrLost = errors.New("the link was lost")

// A LostError is ErrLost with its reason, which may be a *codec.Error of the
// server.
type LostError struct{ Reason error }

// Error gives the reason in words.
func (e *LostError) Error() string {
	if e.Reason == nil || errors.Is(e.Reason, io.EOF) ||
		errors.Is(e.Reason, io.ErrUnexpectedEOF) || errors.Is(e.Reason, io.ErrClosedPipe) {
		return "the link was lost"
	}
	reason := e.Reason
	if broken, ok := errors.AsType[*net.OpError](reason); ok { // its addresses are of no interest
		reason = broken.Err
	}
	return "the link was lost: " + reason.Error()
}

// Is makes errors.Is(err, ErrLost) hold.
func (e *LostError) Is(target error) bool { return target == ErrLost }

// Unwrap returns the reason.
func (e *LostError) Unwrap() error { return e.Reason }

// A Link is one connection after its greeting. It owns the Conn.
type Link struct {
	// News is called with the KIND and TEXT of each NEWS of the server. It runs in
	// the goroutine that reads and must not wait. Set it before use.
	News func(kind, text string)

	conn  *codec.Conn
	timed *TimedConn
	wg    sync.WaitGroup

	startTicks sync.Once   // sending ticks has begun
	peerTicks  atomic.Bool // the peer ticks, or has been asked to
	maySilent  atomic.Bool // a call runs during which the client need not send anything
	isServer   bool

	mu        sync.Mutex
	running   *Call          // server: the running call
	pending   *pendingAnswer // client: the answer that the current call waits for
	hello     codec.Pairs
	callCount int

	turns      chan struct{} // client: one call at a time
	nextCall   chan *Call    // server: from the reader to Serve
	expired    chan struct{} // a read has timed out
	expireOnce sync.Once
	closing    chan struct{}
	closeOnce  sync.Once
	ended      chan struct{} // the reader has ended; readErr says why
	readErr    error
}

func newLink(conn *codec.Conn, server bool) *Link {
	l := &Link{
		conn: conn, isServer: server,
		turns: make(chan struct{}, 1), nextCall: make(chan *Call),
		expired: make(chan struct{}), closing: make(chan struct{}), ended: make(chan struct{}),
	}
	l.turns <- struct{}{}
	return l
}

// startReader starts the goroutine that reads. It passes each frame to take until
// reading or take fails.
func (l *Link) startReader(take func(codec.Frame) error) {
	l.wg.Go(func() {
		var err error
		for err == nil {
			var f codec.Frame
			if f, err = l.conn.ReadFrame(); err == nil {
				err = take(f)
			}
		}
		switch {
		case errors.Is(err, errReadTimeout) || l.isExpired():
			err = errSilence
		case l.isServer && errors.Is(err, io.ErrUnexpectedEOF):
			err = codec.Errorf(codec.BadFrame, "the input ended inside a frame")
		}
		l.readErr = err
		close(l.ended)
	})
}

// Ended returns a channel that is closed when nothing more will be read. Err then
// returns the reason.
func (l *Link) Ended() <-chan struct{} { return l.ended }

// Err returns why reading ended, as a *LostError. Call it after Ended is closed.
func (l *Link) Err() error { return &LostError{l.readErr} }

// Close closes the connection and waits for the link's goroutines.
func (l *Link) Close() error {
	err := l.closeConn()
	l.wg.Wait()
	return err
}

// allowSilence sets whether the client may be silent without limit.
func (l *Link) allowSilence(allowed bool) {
	l.maySilent.Store(allowed)
	l.timed.resetTimer()
}

func (l *Link) closeConn() error {
	l.closeOnce.Do(func() { close(l.closing) })
	return l.conn.Close()
}
