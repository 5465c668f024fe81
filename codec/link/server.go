package link

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"techsh/codec"
)

var errStop = codec.Errorf(codec.Cancelled, "")

// New returns the server's end of a connection whose client may speak. The
// greeting has been written or is queued.
func New(conn *codec.Conn, watched *Watched) *Link {
	l := newLink(conn, true)
	watched.bind(l)
	return l
}

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

	mu    sync.Mutex
	once  sync.Once
	sink  func(codec.Frame) error
	ended chan error // has room for one
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
func (c *Call) NoStream() { c.once.Do(func() { close(c.decided) }) }

// Stream says that the call takes a stream and hands its frames, END
// included, to sink. sink runs in the reader and must not write to the link.
// The channel gives nil after END, or the error with which sink refused.
func (c *Call) Stream(sink func(codec.Frame) error) <-chan error {
	c.mu.Lock()
	c.sink = sink
	c.mu.Unlock()
	c.link.silence(false)
	c.NoStream()
	return c.ended
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

// open says whether the call's stream is open. It waits until that is known.
func (c *Call) open() bool {
	<-c.decided
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sink != nil
}

// deliver hands a frame of the stream to whom it is for.
func (c *Call) deliver(f codec.Frame) {
	<-c.decided
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sink == nil {
		return // nobody waits for it: the answer came early
	}
	err := c.guarded(f)
	if err != nil || f.Verb == codec.END {
		c.sink = nil
		c.link.waiting.Store(true)
		c.ended <- err
	}
}

// guarded runs the sink, whose panic must end this conversation only.
func (c *Call) guarded(f codec.Frame) (err error) {
	defer recovered(&err)
	return c.sink(f)
}

// recovered makes a panic the error that ends the conversation.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = Fatal(&panicked{p, debug.Stack()})
	}
}

// A panicked tells a log where it happened, and the client that it did.
type panicked struct {
	value any
	stack []byte
}

// Error gives the value and the stack.
func (p *panicked) Error() string { return fmt.Sprintf("panic: %v\n%s", p.value, p.stack) }

// Unwrap gives what crosses the wire.
func (p *panicked) Unwrap() error {
	return codec.Errorf(codec.Internal, "the server made a mistake in this call: its log has the details")
}

// A Handler answers one call: nil is OK with the pairs, else ERR. ctx ends
// when the call is stopped, the client is gone, or the server wants to end.
type Handler func(ctx context.Context, c *Call) (codec.Pairs, error)

// guarded runs the handler, whose panic must end this conversation only.
func (handle Handler) guarded(c *Call) (pairs codec.Pairs, err error) {
	defer recovered(&err)
	return handle(c.ctx, c)
}

// ErrBye makes Serve answer the call with OK and end the conversation.
var ErrBye = errors.New("bye")

// Fatal makes Serve answer the call with err and then hang up.
func Fatal(err error) error { return &fatal{err} }

type fatal struct{ error }

func (f *fatal) Unwrap() error { return f.error }

// Serve answers the calls of the client, one after another, each with
// exactly one final frame, until the client has no more, or ctx ends, or the
// conversation cannot go on. It closes the connection and waits for every
// goroutine of the link. The error is nil for a peaceful end.
func (l *Link) Serve(ctx context.Context, handle Handler) error {
	defer l.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	l.run(func(f codec.Frame) error { return l.takeCall(ctx, f) })
	l.wg.Go(func() { l.readerEnded(cancel) })
	// a handler that writes to a peer that is gone is let go
	defer context.AfterFunc(ctx, func() { time.AfterFunc(overdue, func() { l.shut() }) })()
	for {
		select {
		case c := <-l.next:
			if hungup, err := l.serve(ctx, c, handle); hungup {
				return err
			}
		case <-l.ended:
			if l.readErr == io.EOF {
				return nil
			}
			return l.hangUp(l.readErr, false)
		case <-l.expired:
			return l.hangUp(errSilence, false)
		case <-ctx.Done():
			return l.hangUp(context.Cause(ctx), false)
		}
	}
}

// serve has one call handled and writes its final frame. hungup says that it
// was the last.
func (l *Link) serve(ctx context.Context, c *Call, handle Handler) (hungup bool, err error) {
	pairs, err := handle.guarded(c)
	c.detach() // from here on a call is a new call, also if the answer came early
	bye := errors.Is(err, ErrBye)
	deadly, isFatal := errors.AsType[*fatal](err)
	over := context.Cause(ctx) // why the conversation cannot go on, if it cannot
	switch {
	case over != nil && err != nil:
		err = over
	case bye:
		err = nil
	case err != nil && errors.Is(context.Cause(c.ctx), errStop):
		err = errStop
	}
	if err == nil {
		_ = c.WriteWords(codec.OK, pairs.Words()...)
	} else {
		_ = c.WriteWords(codec.ERR, codec.Explain("", err).Words()...)
	}
	werr := c.Flush()
	c.TrimOut()
	l.mu.Lock()
	l.call = nil
	l.mu.Unlock()
	l.silence(false)
	c.cancel(nil)
	close(c.finished)
	switch {
	case bye:
		return true, l.hangUp(nil, true)
	case over != nil:
		return true, l.hangUp(over, err != nil)
	case isFatal:
		return true, l.hangUp(deadly.error, true)
	case werr != nil:
		return true, l.hangUp(werr, true)
	}
	return false, nil
}

// readerEnded cancels what runs when the client is gone: at once when it
// broke off in a frame or a stream or spoke nonsense; when it only has no
// more to say, once the answer makes no progress.
func (l *Link) readerEnded(cancel context.CancelCauseFunc) {
	select {
	case <-l.ended:
	case <-l.expired:
		cancel(errSilence)
		return
	case <-l.closing:
		return
	}
	l.mu.Lock()
	c := l.call
	l.mu.Unlock()
	if l.readErr != io.EOF {
		cancel(l.readErr)
		return
	}
	if c == nil {
		return
	}
	if c.open() {
		cancel(codec.Errorf(codec.BadFrame, "the input ended inside an open stream"))
		return
	}
	written := int64(-1)
	timer := time.NewTimer(lastProgress)
	defer timer.Stop()
	for {
		if now := c.Written(); now == written {
			cancel(codec.Errorf(codec.Timeout, "the input has ended, and the answer got no further for %v", lastProgress))
			return
		} else {
			written = now
		}
		select {
		case <-timer.C:
			timer.Reset(lastProgress)
		case <-c.finished:
			return
		case <-l.closing:
			return
		}
	}
}

// hangUp says why, once, unless the answer to the last call has said it, and
// closes the connection so that the peer can still read that: TCP throws it
// away when bytes of the peer are left unread.
func (l *Link) hangUp(why error, said bool) error {
	timer := time.AfterFunc(partingTime, func() { l.shut() })
	defer timer.Stop()
	if !said {
		_ = l.conn.WriteWords(codec.ERR, codec.Explain("", why).Words()...)
	}
	if l.conn.Flush() != nil || l.conn.CloseWrite() != nil {
		return why
	}
	for {
		select {
		case c := <-l.next: // dropped
			c.NoStream()
			c.cancel(nil)
			close(c.finished)
		case <-l.ended:
			l.conn.Drop()
			return why
		}
	}
}

// takeCall is what the server's reader does with a frame.
func (l *Link) takeCall(ctx context.Context, f codec.Frame) error {
	l.mu.Lock()
	c := l.call
	l.mu.Unlock()
	switch {
	case f.Verb == codec.TICK:
		l.ticked()
		return nil
	case f.Verb == codec.STOP:
		if c != nil {
			c.cancel(errStop)
		}
		return nil
	case f.Verb == codec.HELO:
		return l.takeHello(f)
	case f.Verb.FromServer():
		return codec.Errorf(codec.BadFrame, "%s is a server's frame", f.Verb)
	case f.Verb.Stream():
		if c != nil {
			c.deliver(f)
		}
		return nil
	}
	if c != nil {
		if c.open() {
			return codec.Errorf(codec.BadFrame, "the call %s came inside an open stream", f.Verb)
		}
		select { // it waits its turn, and what follows waits unread behind it
		case <-c.finished:
		case <-l.closing:
			return io.ErrClosedPipe
		}
	}
	call := &Call{
		Conn: l.conn, Verb: f.Verb, Word: f.Word, link: l, body: bytes.Clone(f.Body),
		decided: make(chan struct{}), finished: make(chan struct{}), ended: make(chan error, 1),
	}
	call.ctx, call.cancel = context.WithCancelCause(ctx)
	l.mu.Lock()
	l.call = call
	l.calls++
	l.mu.Unlock()
	l.waiting.Store(true)
	l.conn.TrimIn()
	select {
	case l.next <- call:
		return nil
	case <-l.closing:
		return io.ErrClosedPipe
	}
}

func (l *Link) takeHello(f codec.Frame) error {
	words, err := f.Words()
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.calls > 0 || l.hello != nil {
		return codec.Errorf(codec.BadFrame, "HELO comes once, before the first call")
	}
	offers := false
	for len(words) > 0 && !strings.Contains(words[0].Text, "=") {
		offers = offers || words[0].Text == codec.Version
		words = words[1:]
	}
	if !offers {
		return codec.Errorf(codec.Unsupported, "this server speaks %s only", codec.Version)
	}
	pairs, err := codec.ParsePairs(words)
	l.hello = append(pairs, codec.Pair{})
	return err
}

// Peer returns what the client has said of itself, for the log only: nobody
// has checked it.
func (l *Link) Peer() codec.Pairs {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hello
}
