// Package link implements one connection between two techsh programs: reading, writing,
// the heartbeat, and the end of the connection. A client makes calls (Open, Do), a server
// answers them (New, Serve). Both use the type Link, because the same two rules prevent
// deadlocks at both ends:
//
//   - One goroutine always reads and never writes. It passes each frame to the code that
//     waits for it, or drops the frame.
//   - Any other goroutine may write. Frames are written whole.
//
// The files are:
//
//   - open.go: the greeting of a client
//   - client.go, client_answer.go: the client's side of a call
//   - answer.go: handlers for simple answers
//   - server.go, call.go: the server's side of a call; worker.go: its handler
//   - inlet.go: the stream of a call
//   - credit.go: flow control for standard input
//   - roundtrip.go: how far away the server is
//   - heartbeat.go: sending and receiving TICK
//   - timeout.go: time limits for reads
//   - accept.go: accepting connections
package link

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"techsh/codec"
)

// The time limits of a Link.
const (
	tickDelay       = 15 * time.Second // if nothing was sent for this time, TICK is sent
	deadTimeout     = 45 * time.Second // the longest time without a byte from a peer that sends TICK
	idleTimeout     = 10 * time.Minute // the longest time without a byte from a client that has never sent TICK
	frameTimeout    = 30 * time.Second // for each framePartSize bytes of a frame, or for what is left of it
	framePartSize   = 64 << 10
	graceDelay      = time.Second            // the last part of each time limit for reads, see startTimer
	cancelTimeout   = time.Second            // the time limit for the answer to a cancelled call; Patience adds to it
	hangUpTimeout   = time.Second            // for dropping what still arrives before a close
	orphanTimeout   = 5 * time.Second        // how long a handler can still write to a peer that is gone
	progressTimeout = 10 * time.Second       // if no byte is sent for this time, the peer is given up
	abandonDelay    = 900 * time.Millisecond // for the handler of a cancelled call
)

// ErrLost is the error of a call whose link ended before the answer. It is unknown
// whether the call was carried out.
var ErrLost = errors.New("the link was lost")

// A LostError wraps the reason for which the link was lost, which may be a *codec.Error
// of the server. It matches ErrLost.
type LostError struct{ Reason error }

var errSilence = lostf(codec.Timeout, "nothing was received for too long")

// lostf returns the error of a server that has lost the link.
func lostf(code codec.Code, format string, args ...any) error {
	return &LostError{codec.Errorf(code, format, args...)}
}

// lostKey and lostValue are the key and the value of a pair. A server that has lost the
// link adds this pair to its ERR. The client can still receive this ERR if only the
// direction from the client to the server is broken. The ERR is then not an answer to the
// call.
const (
	lostKey   = "link"
	lostValue = "lost"
)

// errorWords returns the body of the ERR of a server.
func errorWords(err error) []codec.Word {
	e := codec.Explain("", err)
	if errors.Is(err, ErrLost) {
		e.More = append(slices.Clone(e.More), codec.Pair{Key: lostKey, Value: lostValue})
	}
	return e.Words()
}

// receivedError returns the error of a client for an ERR of the server.
func receivedError(e *codec.Error) error {
	if v, _ := e.More.Get(lostKey); v == lostValue {
		return &LostError{e}
	}
	return e
}

// Error describes the reason.
func (e *LostError) Error() string {
	if e.Reason == nil || errors.Is(e.Reason, io.EOF) ||
		errors.Is(e.Reason, io.ErrUnexpectedEOF) || errors.Is(e.Reason, io.ErrClosedPipe) {
		return "the link was lost"
	}
	reason := e.Reason
	if broken, ok := errors.AsType[*net.OpError](reason); ok { // leave out its addresses
		reason = broken.Err
	}
	return "the link was lost: " + reason.Error()
}

// Is makes errors.Is(err, ErrLost) return true.
func (e *LostError) Is(target error) bool { return target == ErrLost }

// Unwrap returns the reason.
func (e *LostError) Unwrap() error { return e.Reason }

// A Link is a connection after the greeting. It owns its Conn.
type Link struct {
	// News is called with the KIND and TEXT of each NEWS of the server. News must not
	// wait, because it runs in the goroutine that reads. Set it before use.
	News func(kind, text string)

	// Grace returns two time limits, which begin when a call is cancelled. If the handler
	// has not returned after the time answer, the call is answered anyway. After the time
	// leave, the link does not wait for the handler any more. nil means 900 ms for both.
	Grace func() (answer, leave time.Duration)
	// Abandon is called when a handler is abandoned. When the handler returns at last,
	// the link calls the function that Abandon has returned. Abandon may be nil.
	Abandon func() (ended func())

	conn  *codec.Conn
	timed *TimedConn
	wg    sync.WaitGroup

	startTicks sync.Once   // starts the goroutine that sends TICK
	peerTicks  atomic.Bool // the peer sends TICK, or must do so because it was sent a TICK
	maySilent  atomic.Bool // a call is running during which the client need not send anything
	isServer   bool

	mu        sync.Mutex
	running   *Call          // server: the running call
	pending   *pendingAnswer // client: the answer that the current call waits for
	hello     codec.Pairs
	callCount int
	trips     trips           // client: round trips
	tried     context.Context // client: the ctx of Try while Try makes the current call, otherwise nil

	turns      chan struct{} // client: a call takes a turn, so that only one call runs at a time
	nextCall   chan *Call    // server: passes calls from the reader to Serve
	probes     chan struct{} // has capacity 1; a value means that a TICK is to be sent
	expired    chan struct{} // closed when a read has timed out
	expireOnce sync.Once
	closing    chan struct{}
	closeOnce  sync.Once
	ended      chan struct{} // closed when the reader has ended; readErr has the reason
	readErr    error
}

func newLink(conn *codec.Conn, server bool) *Link {
	l := &Link{
		conn: conn, isServer: server,
		turns: make(chan struct{}, 1), nextCall: make(chan *Call), probes: make(chan struct{}, 1),
		expired: make(chan struct{}), closing: make(chan struct{}), ended: make(chan struct{}),
	}
	l.turns <- struct{}{}
	return l
}

// startReader starts the goroutine that reads. It passes each frame to the function take,
// until reading or take fails.
func (l *Link) startReader(take func(codec.Frame) error) {
	l.wg.Go(func() {
		var err error
		for err == nil {
			var f codec.Frame
			if f, err = l.conn.ReadFrame(); err == nil {
				err = take(f)
			}
		}
		l.readErr = l.endReason(err)
		close(l.ended)
	})
}

// endReason returns the reason for which reading ended, from its error.
func (l *Link) endReason(err error) error {
	_, refused := errors.AsType[*codec.Error](err)
	switch {
	case errors.Is(err, errReadTimeout) || l.isExpired():
		return errSilence
	case !l.isServer || err == io.EOF || refused:
		return err
	case !errors.Is(err, io.ErrUnexpectedEOF):
		return &LostError{err}
	case l.conn.InsideFrame():
		return lostf(codec.BadFrame, "the input ended inside a frame")
	}
	return lostf(codec.BadFrame, "the input ended without close_notify")
}

// Ended returns a channel that is closed when nothing more will be read. Err then
// returns the reason.
func (l *Link) Ended() <-chan struct{} { return l.ended }

// Err returns the reason for which reading ended, as a *LostError. It must not be called
// before Ended is closed.
func (l *Link) Err() error {
	if errors.Is(l.readErr, ErrLost) {
		return l.readErr
	}
	return &LostError{l.readErr}
}

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
