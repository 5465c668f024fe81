// Package link is one connection between two techsh programs: its reader,
// its writer, its heartbeat, and how it ends. The client's end makes calls
// (Open, Do), the server's end answers them (New, Serve); both are a Link,
// because what keeps a conversation from getting stuck is the same on both
// sides:
//
//   - one goroutine reads, always, and what it reads it hands to whoever
//     waits for it, or drops it; it never writes;
//   - whoever has something to say writes, whole frames, from its own
//     goroutine.
//
// The files: open.go is how a client begins, client.go calls as the one who
// makes them sees them, server.go and call.go as the one who answers does,
// credit.go the flow of standard input, beat.go ticks and patience.
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

// What a Link waits for, and how long.
const (
	tickDelay       = 15 * time.Second // silence of ours, once the peer has ticked
	deadTimeout     = 45 * time.Second // silence of a peer that ticks
	idleTimeout     = 10 * time.Minute // silence of a client that never ticked
	frameTimeout    = 30 * time.Second // the rest of a begun frame, or framePart of it
	framePartSize   = 64 << 10
	graceDelay      = time.Second      // the end of each of these, which is counted by itself
	cancelTimeout   = time.Second      // a cancelled call, before the link is given up
	hangUpTimeout   = time.Second      // reading and dropping, before a close
	orphanTimeout   = 5 * time.Second  // the answer to a call of a peer that is gone
	progressTimeout = 10 * time.Second // a call whose client has said all, without a byte sent
)

var errSilence = codec.Errorf(codec.Timeout, "nothing came for too long")

// ErrLost is what a call fails with when the link ended before its answer:
// whether it was carried out is not known.
var ErrLost = errors.New("the link was lost")

// A LostError is an ErrLost with its reason, which may be an *codec.Error
// that the server gave.
type LostError struct{ Reason error }

// Error gives the reason in words.
func (e *LostError) Error() string {
	if e.Reason == nil || errors.Is(e.Reason, io.EOF) || errors.Is(e.Reason, io.ErrUnexpectedEOF) || errors.Is(e.Reason, io.ErrClosedPipe) {
		return "the link was lost"
	}
	reason := e.Reason
	if broken, ok := errors.AsType[*net.OpError](reason); ok { // whose addresses say nothing more
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
	// News is told what the server says outside of answers: NEWS, as KIND
	// and TEXT. It runs in the reader and must not wait. Set it before use.
	News func(kind, text string)

	conn  *codec.Conn
	timed *TimedConn
	wg    sync.WaitGroup

	startTicks sync.Once   // we tick
	peerTicks  atomic.Bool // the peer does, or owes it
	maySilent  atomic.Bool // a call runs whose client may be silent as long as it likes
	isServer   bool

	mu        sync.Mutex
	running   *Call          // server: the running call
	pending   *pendingAnswer // client: the call whose answer is awaited
	hello     codec.Pairs
	callCount int

	turns      chan struct{} // client: one call at a time
	nextCall   chan *Call    // server: from the reader to Serve
	expired    chan struct{} // patience is at its end
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

// startReader starts the reader, which hands each frame to take until one of them
// fails.
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

// Ended is closed when nothing more will be read; Err then says why.
func (l *Link) Ended() <-chan struct{} { return l.ended }

// Err returns why the reader ended, as a *LostError. Call it after Ended.
func (l *Link) Err() error { return &LostError{l.readErr} }

// Close closes the connection and waits for the link's goroutines.
func (l *Link) Close() error {
	err := l.closeConn()
	l.wg.Wait()
	return err
}

// allowSilence says whether the client may be silent as long as it likes.
func (l *Link) allowSilence(allowed bool) {
	l.maySilent.Store(allowed)
	l.timed.resetTimer()
}

func (l *Link) closeConn() error {
	l.closeOnce.Do(func() { close(l.closing) })
	return l.conn.Close()
}
