package link

import (
	"context"
	"errors"
	"time"

	"techsh/codec"
)

// A Request is one call.
type Request struct {
	Verb  codec.Verb
	Words []codec.Word
	// Recv is called with each frame of the answer except the last. The body is valid
	// only until Recv returns. Recv runs in the goroutine that reads and must not write
	// to the link. An error ends the call.
	Recv func(codec.Frame) error
	// Send writes the client's stream, except for END, which Do writes. Send runs
	// concurrently with Recv. The context of Send ends when the rest of the stream is not
	// needed.
	Send func(ctx context.Context, up *Upstream) error

	leaves bool // set by Try: when the call is stopped, the link is not closed
}

// Keep calls codec.Conn.Keep. It is for use by the Recv of a Request.
func (l *Link) Keep(spare []byte) { l.conn.Keep(spare) }

// An Upstream is the connection to which the Send of a Request writes.
type Upstream struct {
	*codec.Conn
	credit *credit
}

// Credit waits until standard input may be sent. It returns the number of bytes that may
// be sent, at most n, and subtracts it from the credit.
func (u *Upstream) Credit(ctx context.Context, n int) (int, error) { return u.credit.take(ctx, n) }

// Do makes one call and waits for its answer. Several goroutines may call Do; their calls
// are made one after another. When ctx ends, or Recv or Send fails, Do stops the call and
// waits for its answer for one second, or longer if the server is far away. If no answer
// comes, Do closes the link. If ctx has ended but the complete answer was already on its
// way, Do returns that answer. The error is the *codec.Error of the server, the error of
// Recv or Send, the cause of ctx, or a *LostError.
func (l *Link) Do(ctx context.Context, r Request) (codec.Pairs, error) {
	if err := l.takeTurn(ctx); err != nil {
		return nil, err
	}
	defer l.giveTurn()
	return l.do(ctx, r)
}

// Try is like Do, but never closes the link. When ctx ends, the call is stopped and Try
// returns at once. One call of Recv may then still be running. The next Request waits
// until the stopped call is answered.
func (l *Link) Try(ctx context.Context, r Request) (codec.Pairs, error) {
	select {
	case <-l.turns:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	r.leaves = true
	l.setTried(ctx)
	var pairs codec.Pairs
	done := make(chan error, 1)
	l.wg.Go(func() {
		defer l.giveTurn()
		var err error
		pairs, err = l.do(ctx, r)
		done <- err
	})
	select {
	case err := <-done:
		return pairs, err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// takeTurn waits until the call may be made. If ctx ends while an earlier call, which Try
// has stopped, is still not answered, takeTurn waits for that answer as long as Do would
// after a cancellation, and then closes the link.
func (l *Link) takeTurn(ctx context.Context) error {
	select {
	case <-l.turns:
		if ctx.Err() == nil {
			return nil
		}
		l.giveTurn()
		return context.Cause(ctx)
	case <-ctx.Done():
	}
	if !l.leftTry() {
		return context.Cause(ctx)
	}
	lost := false
	l.withCancelTimeout(func() {
		select {
		case <-l.turns:
			l.giveTurn()
		case <-l.ended:
			lost = true
		}
	})
	if lost {
		return &LostError{context.Cause(ctx)}
	}
	return context.Cause(ctx)
}

func (l *Link) giveTurn() {
	l.setTried(context.Background())
	l.turns <- struct{}{}
}

func (l *Link) setTried(ctx context.Context) {
	l.mu.Lock()
	l.tried = ctx
	l.mu.Unlock()
}

// leftTry reports whether the current call was made by Try and the context of that Try
// has ended.
func (l *Link) leftTry() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.tried != nil && l.tried.Err() != nil
}

// do makes a call whose turn it is.
func (l *Link) do(ctx context.Context, r Request) (codec.Pairs, error) {
	a := newPendingAnswer(ctx, r)
	l.setPending(a)
	select {
	case <-l.ended: // the link ended before the call was sent
		return nil, l.Err()
	default:
	}
	if err := l.sendCall(ctx, r); err != nil {
		l.setPending(nil)
		return nil, err
	}
	s := l.startSend(ctx, r.Send, a.credit)
	defer s.cancel()
	return l.awaitAnswer(ctx, a, s)
}

func (l *Link) setPending(a *pendingAnswer) {
	l.mu.Lock()
	l.pending = a
	l.mu.Unlock()
}

// sendCall writes the call. If the peer does not read and ctx ends before the call is
// written, the link is closed. An error means that no answer will come. A failed write is
// not returned as an error, because an answer with the reason may already have arrived.
func (l *Link) sendCall(ctx context.Context, r Request) error {
	if !r.leaves {
		written := make(chan struct{})
		stop := context.AfterFunc(ctx, func() { l.withCancelTimeout(func() { <-written }) })
		defer stop()
		defer close(written)
	}
	err := l.conn.WriteWords(r.Verb, r.Words...)
	if _, tooBig := errors.AsType[*codec.Error](err); tooBig {
		return err
	}
	if l.conn.Flush() != nil && ctx.Err() != nil {
		return &LostError{context.Cause(ctx)}
	}
	return nil
}

// A sending is the Send of a Request while it runs.
type sending struct {
	running bool
	done    chan error // receives the error that Send returned
	cancel  func()
}

func (l *Link) startSend(ctx context.Context, send func(context.Context, *Upstream) error, c *credit) *sending {
	ctx, cancel := context.WithCancel(ctx)
	s := &sending{running: send != nil, done: make(chan error, 1), cancel: cancel}
	if send != nil {
		l.wg.Go(func() {
			err := send(ctx, &Upstream{l.conn, c})
			if err == nil && ctx.Err() == nil {
				_ = l.conn.WriteWords(codec.END)
			}
			_ = l.conn.Flush()
			s.done <- err
		})
	}
	return s
}

// wait waits for Send to return.
func (s *sending) wait() {
	if s.running {
		<-s.done
		s.running = false
	}
}

// awaitAnswer waits for the answer to a and for Send to return.
func (l *Link) awaitAnswer(ctx context.Context, a *pendingAnswer, s *sending) (codec.Pairs, error) {
	if why := l.awaitEnd(ctx, a, s); why != nil {
		l.stopCall(a, s)
		return a.stopped(ctx, why)
	}
	select {
	case <-l.ended:
		s.cancel()
		l.closeConn()
		s.wait()
	default:
		s.cancel()
		l.awaitSend(ctx, s)
	}
	if !a.hasCome() {
		return nil, l.Err()
	}
	return a.result()
}

// awaitEnd waits for the answer or the end of the link, and then returns nil. If the call
// must be stopped before that, it returns the reason.
func (l *Link) awaitEnd(ctx context.Context, a *pendingAnswer, s *sending) (why error) {
	for {
		select {
		case <-a.done:
			return nil
		case <-l.ended:
			return nil
		case err := <-s.done:
			s.running = false
			if err != nil && (ctx.Err() != nil || l.conn.Err() == nil) {
				return err
			} // otherwise the link is broken; the goroutine that reads will find the reason
		case err := <-a.failed:
			return err
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// stopCall sends STOP unless the answer has come, and waits for the answer. If that takes
// too long, it closes the link, unless the call leaves it open.
func (l *Link) stopCall(a *pendingAnswer, s *sending) {
	a.dropping.Store(true)
	s.cancel()
	limit := l.withCancelTimeout
	if a.leaves {
		limit = func(f func()) { f() }
	}
	limit(func() {
		s.wait()
		if !a.hasCome() { // STOP is sent before Do returns, so that it cannot stop the next call
			_ = l.conn.WriteWords(codec.STOP)
			_ = l.conn.Flush()
		}
		select {
		case <-a.done:
		case <-l.ended:
		}
	})
}

// awaitSend waits for Send to return after an early answer. On a slow line this takes
// until the current frame is written. If no bytes are sent for progressTimeout, awaitSend
// closes the link.
func (l *Link) awaitSend(ctx context.Context, s *sending) {
	if !s.running {
		return
	}
	ticker := time.NewTicker(progressTimeout)
	defer ticker.Stop()
	for written := l.conn.Written(); ; {
		select {
		case <-s.done:
			return
		case <-ctx.Done():
			l.withCancelTimeout(s.wait)
			return
		case <-ticker.C:
			if now := l.conn.Written(); now != written {
				written = now
				continue
			}
		case <-l.ended:
		}
		l.closeConn()
		s.wait()
		return
	}
}

// withCancelTimeout runs f. It closes the link if f takes too long, so that the
// reads and writes of f fail.
func (l *Link) withCancelTimeout(f func()) {
	timer := time.AfterFunc(l.Patience(cancelTimeout), func() { l.closeConn() })
	defer timer.Stop()
	f()
}
