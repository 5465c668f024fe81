package link

import (
	"context"
	"time"

	"techsh/codec"
)

// A worker is a goroutine and a Conn. The goroutine runs the handlers of the calls of a
// link, one after another, and the handlers write their answers to the Conn. When a
// handler is abandoned, for example because it hangs in the file system, the link gets
// another worker.
type worker struct {
	out   *codec.Conn
	cut   func(force bool) bool // the function cut that Branch has returned with out
	calls chan *Call
	done  chan outcome // of capacity 1, so that an abandoned handler can end
	ended chan struct{}
}

// An outcome is what a handler has returned, or what the link has decided without it.
type outcome struct {
	pairs     codec.Pairs
	err       error
	answered  bool // the call is answered already
	abandoned bool // the handler has not returned, and nobody waits for it
}

func (l *Link) newWorker(handle Handler) *worker {
	w := &worker{calls: make(chan *Call), done: make(chan outcome, 1), ended: make(chan struct{})}
	w.out, w.cut = l.conn.Branch()
	go func() {
		defer close(w.ended)
		for c := range w.calls {
			pairs, err := handle.callSafely(c)
			w.done <- outcome{pairs: pairs, err: err}
		}
	}()
	return w
}

// end ends a worker that runs no handler.
func (w *worker) end() {
	close(w.calls)
	<-w.ended
}

// wait waits for the outcome of the handler, for at most d.
func (w *worker) wait(d time.Duration) (o outcome, returned bool) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case o := <-w.done:
		return o, true
	case <-timer.C:
		return outcome{}, false
	}
}

// handle runs the handler of a call. If the call is cancelled and the handler still does
// not return, handle abandons the handler. If ctx has ended, no call can follow, so the
// client need not wait for the handler: handle answers the call before the handler
// returns.
func (l *Link) handle(ctx context.Context, w *worker, c *Call) outcome {
	c.Conn = w.out
	w.calls <- c
	select {
	case o := <-w.done:
		return o
	case <-c.ctx.Done():
	}
	answer, leave := abandonDelay, abandonDelay
	if l.Grace != nil {
		answer, leave = l.Grace()
	}
	o, returned := w.wait(answer)
	answered := false
	if over := context.Cause(ctx); !returned && answer < leave && over != nil {
		for !w.cut(true) && !returned { // a frame that is being written must end first
			o, returned = w.wait(busyDelay)
		}
		_ = l.closeWrite(over, false)
		answered = true
		if !returned {
			o, returned = w.wait(leave - answer)
		}
	}
	for !returned && !w.cut(false) { // the handler may wait for the peer only, and not for a file system
		o, returned = w.wait(busyDelay)
	}
	if !returned {
		l.abandon(w, c)
		o = outcome{err: context.Cause(c.ctx), abandoned: true}
	}
	o.answered = answered
	return o
}

const busyDelay = 50 * time.Millisecond

// abandon stops waiting for a handler that was cut off from the connection.
func (l *Link) abandon(w *worker, c *Call) {
	close(c.abandoned)
	close(w.calls)
	ended := func() {}
	if l.Abandon != nil {
		ended = l.Abandon()
	}
	go func() {
		<-w.ended
		ended()
	}()
}
