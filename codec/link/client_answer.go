package link

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"techsh/codec"
)

// A pendingAnswer is the answer that a call waits for.
type pendingAnswer struct {
	ctx      context.Context // the context of the call; the goroutine that reads checks whether ctx has ended
	receive  func(codec.Frame) error
	leaves   bool
	sent     time.Time   // just before the call was sent, for the method measure; zero if nothing is measured
	dropping atomic.Bool // the rest of the answer is not needed
	dropped  atomic.Bool // frames of the answer were dropped
	credit   *credit
	failed   chan error    // receives the error that the function receive has returned
	done     chan struct{} // closed when the final frame has arrived
	pairs    codec.Pairs
	err      error
}

func newPendingAnswer(ctx context.Context, r Request) *pendingAnswer {
	a := &pendingAnswer{
		ctx: ctx, receive: r.Recv, leaves: r.leaves,
		credit: newCredit(), failed: make(chan error, 1), done: make(chan struct{}),
	}
	if r.measures() {
		a.sent = time.Now()
	}
	return a
}

func (a *pendingAnswer) hasCome() bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}

// result returns the answer, or the error of Recv if there was one.
func (a *pendingAnswer) result() (codec.Pairs, error) {
	select {
	case err := <-a.failed:
		return nil, err
	default:
	}
	if a.err == nil && a.dropped.Load() && a.ctx.Err() != nil { // the answer is not complete
		return nil, context.Cause(a.ctx)
	}
	return a.pairs, a.err
}

// stopped returns the result of a call that was stopped. The parameter why is the reason.
func (a *pendingAnswer) stopped(ctx context.Context, why error) (codec.Pairs, error) {
	if !a.hasCome() {
		return nil, &LostError{why}
	}
	cancelled := errors.Is(a.err, &codec.Error{Code: codec.Cancelled})
	switch {
	case errors.Is(a.err, ErrLost):
		return nil, a.err
	case ctx.Err() == nil, cancelled, a.err == nil && a.dropped.Load():
		return nil, why
	}
	return a.pairs, a.err // the complete answer was already on its way
}

// handleAnswerFrame handles a frame that was read by the link of a client.
func (l *Link) handleAnswerFrame(f codec.Frame) error {
	l.mu.Lock()
	a := l.pending
	l.mu.Unlock()
	switch f.Verb {
	case codec.TICK:
		l.handleTick()
		return nil
	case codec.NEWS:
		if words, err := f.Words(); err == nil && len(words) > 1 && l.News != nil {
			l.News(words[0].Text, words[1].Text)
		}
		return nil
	}
	l.measure(a)
	if f.Verb == codec.OK || f.Verb == codec.ERR {
		words, err := f.Words()
		if err != nil {
			return err
		}
		return l.finishAnswer(a, f.Verb, words)
	}
	if a == nil || a.dropping.Load() || a.ctx.Err() != nil {
		if a != nil {
			a.dropped.Store(true)
		}
		return nil
	}
	if f.Verb == codec.MORE {
		words, err := f.Words()
		if err != nil || len(words) == 0 {
			return codec.Errorf(codec.BadFrame, "MORE without a number")
		}
		n, ok := codec.ParseNumber(words[0].Text)
		if !ok {
			return codec.Errorf(codec.BadFrame, "MORE %s is not a number", codec.Quote(words[0]))
		}
		a.credit.add(min(n, 1<<30))
		return nil
	}
	switch f.Verb {
	case codec.FILE, codec.DATA, codec.SUM, codec.NOTE:
		if a.receive != nil {
			if err := a.receive(f); err != nil {
				a.dropping.Store(true)
				a.dropped.Store(true)
				a.failed <- err
			}
		}
	} // unknown frames are skipped, for later versions of the protocol
	return nil
}

// finishAnswer ends the call whose answer is a. If a is nil, no call waits for an answer,
// and finishAnswer returns an error, which ends the link.
func (l *Link) finishAnswer(a *pendingAnswer, v codec.Verb, words []codec.Word) error {
	var pairs codec.Pairs
	var err error
	if v == codec.OK {
		pairs, err = codec.ParsePairs(words)
		if err != nil {
			return err
		}
	} else {
		e, perr := codec.ParseError(words)
		if perr != nil {
			return perr
		}
		err = e
	}
	l.setPending(nil)
	if a == nil {
		if err == nil {
			err = codec.Errorf(codec.BadFrame, "an OK that answers no call")
		}
		return err
	}
	if e, ok := err.(*codec.Error); ok {
		err = receivedError(e)
	}
	l.conn.TrimIn()
	a.pairs, a.err = pairs, err
	close(a.done)
	return nil
}
