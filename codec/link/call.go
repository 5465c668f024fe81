package link

import (
	"bytes"
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"techsh/codec"
)

// A Call is one call as the server sees it. Everything its handler writes
// before it returns is part of the answer.
type Call struct {
	*codec.Conn
	Verb codec.Verb
	Word string // the verb as it was typed by hand, or ""

	link     *Link
	body     []byte
	ctx      context.Context
	cancel   context.CancelCauseFunc
	decided  chan struct{} // whether it takes a stream is known
	finished chan struct{} // its answer is written

	mu          sync.Mutex
	decideOnce  sync.Once
	sink        func(codec.Frame) error
	early       []codec.Frame // of its stream, from before it was known whether it takes one
	earlySize   int           // of early, in bytes
	streamEnded chan error    // has room for one

	replaying bool // the sink is given the early ones
}

// Words returns the words of the call, and the line they stood in.
func (c *Call) Words() (words []codec.Word, line string, err error) {
	f := codec.Frame{Verb: c.Verb, Body: c.body}
	if line, err = f.Line(); err == nil {
		words, err = codec.Split(line)
	}
	return words, line, err
}

// NoStream says that the call takes no stream: its frames are dropped.
func (c *Call) NoStream() { c.decideOnce.Do(func() { close(c.decided) }) }

// Stream says that the call takes a stream and hands its frames, END
// included, to sink. sink runs in the reader and must not write to the link.
// The channel gives nil after END, or the error with which sink refused.
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

// Keep is codec.Conn.Keep, for the sink.
func (c *Call) Keep(spare []byte) {
	if !c.replaying { // those bodies are nobody else's anyway
		c.Conn.Keep(spare)
	}
}

// Receive is Stream, and waits for its end or that of ctx. When it returns,
// sink is not running and will not run again.
func (c *Call) Receive(ctx context.Context, sink func(codec.Frame) error) error {
	ended := c.Stream(sink)
	defer c.detach()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// detach waits for a running sink and lets no other begin.
func (c *Call) detach() {
	c.mu.Lock()
	c.sink = nil
	c.mu.Unlock()
	c.NoStream()
}

// streamOpen says whether the call's stream is open. It waits until that is known.
func (c *Call) streamOpen() bool {
	<-c.decided
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sink != nil
}

// deliver hands a frame of the stream to whom it is for. While it is not known
// whether there is one, it keeps as much as a client sends unasked, so that the
// reader can go on to a STOP behind it.
func (c *Call) deliver(f codec.Frame) {
	if c.buffer(f) {
		return
	}
	<-c.decided
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

// deliverToSink gives a frame to the sink, under the lock.
func (c *Call) deliverToSink(f codec.Frame) {
	if c.sink == nil {
		return // nobody waits for it: the answer came early
	}
	err := c.callSink(f)
	if err != nil || f.Verb == codec.END {
		c.sink = nil
		c.link.maySilent.Store(true)
		c.streamEnded <- err
	}
}

// callSink runs the sink, whose panic must end this conversation only.
func (c *Call) callSink(f codec.Frame) (err error) {
	defer recoverAsFatal(&err)
	return c.sink(f)
}

// recoverAsFatal makes a panic the error that ends the conversation.
func recoverAsFatal(err *error) {
	if p := recover(); p != nil {
		*err = Fatal(&panicError{p, debug.Stack()})
	}
}

// A panicError tells a log where it happened, and the client that it did.
type panicError struct {
	value any
	stack []byte
}

// Error gives the value and the stack.
func (p *panicError) Error() string { return fmt.Sprintf("panic: %v\n%s", p.value, p.stack) }

// Unwrap gives what crosses the wire.
func (p *panicError) Unwrap() error {
	return codec.Errorf(codec.Internal, "the server made a mistake in this call: its log has the details")
}
