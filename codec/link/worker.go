package link

import (
	"cmp"
	"context"
	"time"

	"techsh/codec"
)

// A worker is a goroutine that runs the handlers of the calls of a link, one after
// another, and the writer for their answers. When a handler is abandoned, because it
// hangs in the file system for example, the link gets another worker.
type worker struct {
	out   *codec.Conn
	cut   func() bool // of Branch
	calls chan *Call
	done  chan outcome // of capacity 1, so that an abandoned handler can end
	ended chan struct{}
}

// An outcome is what a handler has returned.
type outcome struct {
	pairs codec.Pairs
	err   error
}

func (l *Link) newWorker(handle Handler) *worker {
	w := &worker{calls: make(chan *Call), done: make(chan outcome, 1), ended: make(chan struct{})}
	w.out, w.cut = l.conn.Branch()
	go func() {
		defer close(w.ended)
		for c := range w.calls {
			pairs, err := handle.callSafely(c)
			w.done <- outcome{pairs, err}
		}
	}()
	return w
}

// end ends a worker that runs no handler.
func (w *worker) end() {
	close(w.calls)
	<-w.ended
}

// handle runs the handler of a call. If the handler does not return although the call was
// cancelled, handle abandons it, and abandoned is true.
func (l *Link) handle(w *worker, c *Call) (o outcome, abandoned bool) {
	c.Conn = w.out
	w.calls <- c
	select {
	case o := <-w.done:
		return o, false
	case <-c.ctx.Done():
	}
	grace := abandonDelay
	if l.Grace != nil {
		grace = cmp.Or(l.Grace(), grace)
	}
	for timer := time.NewTimer(grace); ; timer.Reset(busyDelay) {
		select {
		case o := <-w.done:
			timer.Stop()
			return o, false
		case <-timer.C:
		}
		if w.cut() { // otherwise the handler may wait for the peer only, not for a file system
			l.abandon(w, c)
			return outcome{err: context.Cause(c.ctx)}, true
		}
	}
}

const busyDelay = 50 * time.Millisecond

// abandon leaves a handler alone that was cut off.
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
