package link

import (
	"bytes"
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"techsh/codec"
)

// A Call is one call that a server answers. Everything that the handler writes before the
// handler returns is part of the answer.
type Call struct {
	*codec.Conn
	Verb codec.Verb
	Word string // the verb as it was typed by hand, or ""

	link     *Link
	body     []byte
	ctx      context.Context
	cancel   context.CancelCauseFunc
	decided  chan struct{} // closed when it is known whether the call takes a stream
	finished chan struct{} // closed when the answer is written

	abandoned chan struct{} // closed when the link does not wait for the handler any more
	commit    func()
	inlet     *inlet // the inlet of Receive

	mu          sync.Mutex
	decideOnce  sync.Once
	sink        func(codec.Frame) error
	early       []codec.Frame // stream frames that arrived before decided was closed
	earlySize   int           // the size of the frames in early, in bytes
	streamEnded chan error    // buffered, for one error

	replaying bool // the early frames are being passed to sink
}

// Words returns the words of the call and the line that they were parsed from.
func (c *Call) Words() (words []codec.Word, line string, err error) {
	f := codec.Frame{Verb: c.Verb, Body: c.body}
	if line, err = f.Line(); err == nil {
		words, err = codec.Split(line)
	}
	return words, line, err
}

// NoStream declares that the call takes no stream. Stream frames from the client are
// dropped.
func (c *Call) NoStream() { c.decideOnce.Do(func() { close(c.decided) }) }

// Stream declares that the call takes a stream. The frames of the stream, including END,
// are passed to sink, which runs in the goroutine that reads and must not write to the
// link. The returned channel receives nil after END, or the first error of sink.
func (c *Call) Stream(sink func(codec.Frame) error) <-chan error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sink = sink
	c.link.allowSilence(false)
	c.replaying = true
	for _, f := range c.early {
		c.deliverToSink(f)
	}
	c.replaying = false
	c.early = nil
	c.NoStream()
	return c.streamEnded
}

// Keep lets the sink of Receive keep the body of its frame, in exchange for the buffer
// spare.
func (c *Call) Keep(spare []byte) { c.inlet.keep(spare) }

// Receive passes the frames of the call's stream, including END, to sink, until END, the
// first error of sink, or the end of ctx. sink may take as long as it likes, but the
// client cannot send much more meanwhile.
func (c *Call) Receive(ctx context.Context, sink func(codec.Frame) error) error {
	c.inlet = newInlet(c)
	c.Stream(c.inlet.push)
	defer c.detach()
	return c.inlet.receive(ctx, sink)
}

// Abandoned reports whether the link does not wait for the handler any more.
func (c *Call) Abandoned() bool {
	select {
	case <-c.abandoned:
		return true
	default:
		return false
	}
}

// Commit sets the function f, which the link calls after the handler has returned, unless
// the handler was abandoned. Only f may change what the handler shares with later calls.
func (c *Call) Commit(f func()) { c.commit = f }

// detach waits for a running call of sink to return, and prevents further calls.
func (c *Call) detach() {
	c.mu.Lock()
	c.sink = nil
	c.mu.Unlock()
	c.NoStream()
}

// streamOpen waits until it is known whether the call takes a stream, and reports whether
// that stream is open.
func (c *Call) streamOpen() bool {
	<-c.decided
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sink != nil
}

// deliver passes a frame of the stream to sink. Until it is known whether there is a
// sink, it buffers as many bytes of frames as a client may send without being asked to,
// so that the reader can reach a STOP that follows them.
func (c *Call) deliver(f codec.Frame) {
	if c.buffer(f) {
		return
	}
	c.link.hold(c.decided)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.deliverToSink(f)
}

func (c *Call) buffer(f codec.Frame) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.decided:
		return false
	default:
	}
	if c.earlySize += codec.HeaderSize + len(f.Body); c.earlySize > 2*FirstCredit {
		return false
	}
	c.early = append(c.early, codec.Frame{Verb: f.Verb, Word: f.Word, Body: bytes.Clone(f.Body)})
	return true
}

// deliverToSink passes a frame to sink. The caller holds the lock.
func (c *Call) deliverToSink(f codec.Frame) {
	if c.sink == nil {
		return // the call takes no stream, or no more of it
	}
	err := callSink(c.sink, f)
	if err != nil || f.Verb == codec.END {
		c.sink = nil
		c.link.maySilent.Store(true)
		c.streamEnded <- err
	}
}

// recoverAsFatal turns a panic into an error that ends the connection.
func recoverAsFatal(err *error) {
	if p := recover(); p != nil {
		*err = Fatal(&panicError{p, debug.Stack()})
	}
}

// A panicError reports a panic of a handler. Its text is for the log; the error that it
// wraps is for the client.
type panicError struct {
	value any
	stack []byte
}

// Error returns the value and the stack.
func (p *panicError) Error() string { return fmt.Sprintf("panic: %v\n%s", p.value, p.stack) }

// Unwrap returns the error that is sent to the client.
func (p *panicError) Unwrap() error {
	return codec.Errorf(codec.Internal, "the server made a mistake in this call: its log has the details")
}
