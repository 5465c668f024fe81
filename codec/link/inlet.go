package link

import (
	"context"
	"errors"
	"sync"
	"time"

	"techsh/codec"
)

const (
	stallDelay = 250 * time.Millisecond // how long the reader waits for a sink before it reads more
	stallLimit = 1 << 20                // bytes of a stream that are read while its sink does not return
	probeDelay = time.Second            // between the probes of a peer while nothing is read
)

var errReceived = errors.New("the stream is not received any more")

// An inlet passes the frames of a stream from the goroutine that reads to the goroutine
// of Receive. Normally the goroutine that reads waits until each frame is handled. If the
// sink hangs, because its file system hangs, the goroutine that reads continues for a
// while, so that it can reach a STOP.
type inlet struct {
	call    *Call
	more    chan struct{} // of capacity 1; receives a value when a frame was queued
	handled chan struct{} // of capacity 1; receives a value when a frame was handled
	done    chan struct{} // closed when Receive has returned

	early int // the number of frames that came before Receive and before a STOP; used by the goroutine of Receive

	mu        sync.Mutex
	queue     []codec.Frame
	unhandled int // the number of frames in queue, plus the frame that is being handled
	size      int // the size of the unhandled frames, in bytes
	spare     []byte
	kept      bool // the sink has kept the body of its last frame in exchange for spare
	err       error
}

func newInlet(c *Call) *inlet {
	return &inlet{
		call: c, more: make(chan struct{}, 1), handled: make(chan struct{}, 1), done: make(chan struct{}),
	}
}

func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// push passes a frame on to the goroutine of Receive. Stream uses push as its sink.
func (in *inlet) push(f codec.Frame) error {
	in.mu.Lock()
	in.queue = append(in.queue, f)
	in.unhandled++
	in.size += codec.HeaderSize + len(f.Body)
	in.mu.Unlock()
	notify(in.more)
	if in.call.replaying {
		in.early++
		return nil // Receive handles this frame, but only after Stream has returned
	}
	timer := time.NewTimer(stallDelay)
	defer timer.Stop()
	for stalled := false; ; {
		select {
		case <-in.handled:
		case <-timer.C:
			if stalled {
				in.call.link.probe()
			}
			stalled = true
			timer.Reset(probeDelay)
		case <-in.done:
			in.call.link.conn.Keep(nil)
			return errReceived
		case <-in.call.abandoned:
			in.call.link.conn.Keep(nil) // the sink still has the body
			return errReceived
		}
		if over, err := in.settle(stalled); over {
			return err
		}
	}
}

// settle reports whether the reader can go on, and returns the error of the sink. If the
// sink still has the body of a frame, the reader gets another buffer.
func (in *inlet) settle(stalled bool) (over bool, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	switch {
	case in.unhandled > 0 && in.err == nil && !(stalled && in.size <= stallLimit):
		return false, nil
	case in.unhandled > 0:
		in.call.link.conn.Keep(nil)
	case in.kept:
		in.call.link.conn.Keep(in.spare)
		in.spare, in.kept = nil, false
	}
	return true, in.err
}

// keep notes that the sink keeps the body of its frame. The reader gets spare instead.
func (in *inlet) keep(spare []byte) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.spare, in.kept = spare, true
}

// receive passes the frames to sink until END, an error, or the end of ctx.
func (in *inlet) receive(ctx context.Context, sink func(codec.Frame) error) error {
	defer close(in.done)
	for {
		f, ok := in.next()
		if !ok {
			select {
			case <-in.more:
				continue
			case <-ctx.Done():
			}
		}
		if !ok || in.call.Abandoned() || in.early == 0 && ctx.Err() != nil {
			return context.Cause(ctx)
		}
		in.early = max(0, in.early-1)
		err := callSink(sink, f)
		in.finish(f, err)
		if err != nil || f.Verb == codec.END {
			return err
		}
	}
}

func (in *inlet) next() (f codec.Frame, ok bool) {
	in.mu.Lock()
	defer in.mu.Unlock()
	if len(in.queue) == 0 {
		return f, false
	}
	f = in.queue[0]
	in.queue = in.queue[1:]
	return f, true
}

func (in *inlet) finish(f codec.Frame, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.unhandled--
	in.size -= codec.HeaderSize + len(f.Body)
	in.err = err
	notify(in.handled)
}

// callSink calls sink. A panic ends this connection only.
func callSink(sink func(codec.Frame) error, f codec.Frame) (err error) {
	defer recoverAsFatal(&err)
	return sink(f)
}
