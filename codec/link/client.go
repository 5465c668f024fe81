package link

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"techsh/codec"
)

// A Request is one call.
type Request struct {
	Verb  codec.Verb
	Words []codec.Word
	// Recv gets each frame of the answer but the last, whose body is lent.
	// It runs in the reader: it must not write to the link. An error ends
	// the call.
	Recv func(codec.Frame) error
	// Send writes the client's stream; END is written behind it. It runs
	// beside Recv, and its context ends when nobody wants the rest.
	Send func(ctx context.Context, up *Upstream) error
}

// Keep is codec.Conn.Keep, for the Recv of a Request.
func (l *Link) Keep(spare []byte) { l.conn.Keep(spare) }

// An Upstream is where a Request's Send writes.
type Upstream struct {
	*codec.Conn
	credit *credit
}

// Credit waits until standard input may be sent and takes at most n bytes of
// what may.
func (u *Upstream) Credit(ctx context.Context, n int) (int, error) { return u.credit.take(ctx, n) }

// pendingAnswer is a call whose answer is awaited.
type pendingAnswer struct {
	ctx      context.Context // of the call: the reader need not wait to be told
	receive  func(codec.Frame) error
	dropping atomic.Bool // nobody wants the rest
	dropped  atomic.Bool // and there was a rest
	credit   *credit
	failed   chan error    // recv's error
	done     chan struct{} // the final frame has come
	pairs    codec.Pairs
	err      error
}

// Do makes one call and waits for its answer. When ctx ends, or Recv or Send
// fails, the call is stopped; what then counts is the answer, if it comes
// within a second, else the link is closed. The error is the server's
// *codec.Error, that of Recv or Send, the context's, or a *LostError. Calls
// of several goroutines take turns.
func (l *Link) Do(ctx context.Context, r Request) (codec.Pairs, error) {
	select {
	case <-l.turns:
		defer func() { l.turns <- struct{}{} }()
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	a := &pendingAnswer{ctx: ctx, receive: r.Recv, credit: newCredit(), failed: make(chan error, 1), done: make(chan struct{})}
	l.mu.Lock()
	l.pending = a
	l.mu.Unlock()
	select {
	case <-l.ended: // before anything was sent
		return nil, l.Err()
	default:
	}
	if err := l.sendCall(ctx, r); err != nil {
		l.mu.Lock()
		l.pending = nil
		l.mu.Unlock()
		return nil, err
	}
	sent := make(chan error, 1)
	sctx, cancel := context.WithCancel(ctx)
	defer cancel()
	if r.Send != nil {
		l.wg.Go(func() {
			err := r.Send(sctx, &Upstream{l.conn, a.credit})
			if err == nil && sctx.Err() == nil {
				_ = l.conn.WriteWords(codec.END)
			}
			_ = l.conn.Flush()
			sent <- err
		})
	}
	return l.awaitAnswer(ctx, a, cancel, sent, r.Send != nil)
}

// sendCall writes the call. When ctx ends meanwhile, a peer that does not read is
// given up. An error means that there is no answer to wait for; a failed write
// alone is none: the reason may be waiting.
func (l *Link) sendCall(ctx context.Context, r Request) error {
	written := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { l.withCancelTimeout(func() { <-written }) })
	defer stop()
	defer close(written)
	err := l.conn.WriteWords(r.Verb, r.Words...)
	if _, tooBig := errors.AsType[*codec.Error](err); tooBig {
		return err
	}
	if l.conn.Flush() != nil && ctx.Err() != nil {
		return &LostError{context.Cause(ctx)}
	}
	return nil
}

// awaitAnswer waits for the answer to a, and for Send to end.
func (l *Link) awaitAnswer(ctx context.Context, a *pendingAnswer, cancel func(), sent chan error, sending bool) (codec.Pairs, error) {
	var why error
	for why == nil {
		select {
		case <-a.done:
			cancel()
			if sending {
				l.awaitSend(ctx, sent)
			}
			return a.result()
		case <-l.ended:
			return l.linkLost(a, cancel, sent, sending)
		case err := <-sent:
			sending = false
			if err != nil {
				if _, ours := errors.AsType[*codec.Error](err); ours || ctx.Err() != nil || l.conn.Err() == nil {
					why = err
				} // else the link broke while writing: the reader finds out why
			}
		case why = <-a.failed:
		case <-ctx.Done():
			why = context.Cause(ctx)
		}
	}
	a.dropping.Store(true)
	cancel()
	l.withCancelTimeout(func() {
		if sending {
			<-sent
		}
		select {
		case <-a.done:
		default: // before Do returns, so that it cannot touch the next call
			_ = l.conn.WriteWords(codec.STOP)
			_ = l.conn.Flush()
		}
		select {
		case <-a.done:
		case <-l.ended:
		}
	})
	select {
	case <-a.done:
	default:
		return nil, &LostError{why}
	}
	stopped := errors.Is(a.err, &codec.Error{Code: codec.Cancelled})
	if ctx.Err() == nil || stopped || a.err == nil && a.dropped.Load() {
		return nil, why
	}
	return a.pairs, a.err // it was on its way already, all of it
}

// awaitSend waits for Send after an early answer: what it is writing has to go
// out, which takes its time on a slow line. When nothing goes out any more, the
// link is closed.
func (l *Link) awaitSend(ctx context.Context, sent chan error) {
	ticker := time.NewTicker(progressTimeout)
	defer ticker.Stop()
	for written := l.conn.Written(); ; {
		select {
		case <-sent:
			return
		case <-ctx.Done():
			l.withCancelTimeout(func() { <-sent })
			return
		case <-ticker.C:
			if now := l.conn.Written(); now != written {
				written = now
				continue
			}
		case <-l.ended:
		}
		l.closeConn()
		<-sent
		return
	}
}

// linkLost waits for Send after the link has ended.
func (l *Link) linkLost(a *pendingAnswer, cancel func(), sent chan error, sending bool) (codec.Pairs, error) {
	cancel()
	l.closeConn()
	if sending {
		<-sent
	}
	select {
	case <-a.done: // the answer was the last thing that came
		return a.result()
	default:
		return nil, l.Err()
	}
}

// result is the answer that has come, unless Recv has refused a part of it.
func (a *pendingAnswer) result() (codec.Pairs, error) {
	select {
	case err := <-a.failed:
		return nil, err
	default:
	}
	if a.err == nil && a.dropped.Load() && a.ctx.Err() != nil { // it is not all there
		return nil, context.Cause(a.ctx)
	}
	return a.pairs, a.err
}

// withCancelTimeout runs f, and closes the link when it has not come back in time,
// which lets every read and write of f fail.
func (l *Link) withCancelTimeout(f func()) {
	timer := time.AfterFunc(cancelTimeout, func() { l.closeConn() })
	defer timer.Stop()
	f()
}

// handleAnswerFrame is what the client's reader does with a frame.
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
	case codec.OK, codec.ERR:
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
			return codec.Errorf(codec.BadFrame, "MORE %s is no number", codec.Quote(words[0]))
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
	} // a frame we do not know is skipped: that is the room for 1.x
	return nil
}

// finishAnswer ends the call that a is, or, outside of one, the link.
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
	l.mu.Lock()
	l.pending = nil
	l.mu.Unlock()
	if a == nil {
		if err == nil {
			err = codec.Errorf(codec.BadFrame, "an OK that answers nothing")
		}
		return err
	}
	l.conn.TrimIn()
	a.pairs, a.err = pairs, err
	close(a.done)
	return nil
}
