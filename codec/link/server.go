package link

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"techsh/codec"
)

var (
	errStopped    = codec.Errorf(codec.Cancelled, "")
	errClientGone = lostf(codec.Cancelled, "the client is gone")
)

// New returns the server's end of a connection. Before the call, the client must have
// been authorised, and the greeting must have been written or queued.
func New(conn *codec.Conn, watched *TimedConn) *Link {
	l := newLink(conn, true)
	watched.setLink(l)
	return l
}

// A Handler answers one call. The answer ends in OK with the returned pairs, or in ERR
// with the returned error. ctx ends when the call is stopped, the client disconnects, or
// the server ends.
type Handler func(ctx context.Context, c *Call) (codec.Pairs, error)

// callSafely calls the handler. A panic becomes an error that ends this connection only.
func (handle Handler) callSafely(c *Call) (pairs codec.Pairs, err error) {
	defer recoverAsFatal(&err)
	return handle(c.ctx, c)
}

// ErrBye makes Serve answer the call with OK and end the connection.
var ErrBye = errors.New("bye")

// Fatal returns an error that makes Serve answer the call with err and hang up.
func Fatal(err error) error { return &fatalError{err} }

type fatalError struct{ error }

func (f *fatalError) Unwrap() error { return f.error }

// Serve answers the calls of the client, one after another, each with exactly one final
// frame, until the client ends the conversation, ctx ends, or the connection fails. Then
// it closes the connection and waits for the goroutines of the link. The error is nil
// when the client ended the conversation between calls.
func (l *Link) Serve(ctx context.Context, handle Handler) error {
	defer l.Close()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	l.startReader(func(f codec.Frame) error { return l.handleCallFrame(ctx, f) })
	l.wg.Go(func() { l.cancelAfterReader(cancel) })
	// closing the connection ends a handler that still writes to a peer that is gone
	defer context.AfterFunc(ctx, func() { time.AfterFunc(orphanTimeout, func() { l.closeConn() }) })()
	w := l.newWorker(handle)
	defer func() { w.end() }()
	for {
		select {
		case c := <-l.nextCall:
			o := l.handle(ctx, w, c)
			if o.abandoned {
				w = l.newWorker(handle)
			}
			if hungup, err := l.answer(ctx, c, w.out, o); hungup {
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

// answer writes the final frame of a call, unless this frame is already written. hungup
// reports whether the connection was closed afterwards.
func (l *Link) answer(ctx context.Context, c *Call, out *codec.Conn, o outcome) (hungup bool, err error) {
	if c.commit != nil && !o.abandoned {
		c.commit()
	}
	pairs, err := o.pairs, o.err
	c.detach() // from here on the next call is accepted, even if the END of this call's stream is missing
	bye := errors.Is(err, ErrBye)
	deadly, isFatal := errors.AsType[*fatalError](err)
	over := context.Cause(ctx) // the reason for which the connection must end, or nil
	switch {
	case over != nil && err != nil:
		err = over
	case bye:
		err = nil
	case err != nil && errors.Is(context.Cause(c.ctx), errStopped):
		err = context.Cause(c.ctx)
	}
	switch {
	case o.answered:
	case err == nil:
		_ = out.WriteWords(codec.OK, pairs.Words()...)
	default:
		_ = out.WriteWords(codec.ERR, errorWords(err)...)
	}
	werr := out.Flush()
	out.TrimOut()
	l.mu.Lock()
	l.running = nil
	l.mu.Unlock()
	l.allowSilence(false)
	c.cancel(nil)
	close(c.finished)
	switch {
	case bye:
		return true, l.hangUp(nil, true)
	case over != nil:
		return true, l.hangUp(over, o.answered || err != nil)
	case isFatal:
		return true, l.hangUp(deadly.error, true)
	case werr != nil:
		return true, l.hangUp(&LostError{werr}, true)
	}
	return false, nil
}

// cancelAfterReader cancels the running call after the reader has ended. It does so at
// once if the input has ended with an error or inside a stream, or if the client has sent
// HELO. Otherwise the client can still read the answer, and cancelAfterReader waits until
// no more bytes of the answer are sent.
func (l *Link) cancelAfterReader(cancel context.CancelCauseFunc) {
	select {
	case <-l.ended:
	case <-l.expired:
		cancel(errSilence)
		return
	case <-l.closing:
		return
	}
	l.mu.Lock()
	c := l.running
	l.mu.Unlock()
	if l.readErr != io.EOF {
		cancel(l.readErr)
		return
	}
	if c == nil {
		return
	}
	if c.streamOpen() {
		cancel(lostf(codec.BadFrame, "the input ended inside an open stream"))
		return
	}
	if l.Peer() != nil {
		c.cancel(errClientGone) // a client that still reads gets this error
	}
	written := int64(-1)
	timer := time.NewTimer(progressTimeout)
	defer timer.Stop()
	for {
		if now := l.conn.Written(); now == written {
			cancel(lostf(
				codec.Timeout, "the input has ended, and the answer got no further for %v",
				progressTimeout,
			))
			return
		} else {
			written = now
		}
		select {
		case <-timer.C:
			timer.Reset(progressTimeout)
		case <-c.finished:
			return
		case <-l.closing:
			return
		}
	}
}

// cancelRunning cancels the running call, if there is one.
func (l *Link) cancelRunning(why error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.running != nil {
		l.running.cancel(why)
	}
}

// closeWrite sends why, the reason, in an ERR, unless said is true. Then it closes the
// connection for writing.
func (l *Link) closeWrite(why error, said bool) error {
	if !said {
		_ = l.conn.WriteWords(codec.ERR, errorWords(why)...)
	}
	return errors.Join(l.conn.Flush(), l.conn.CloseWrite())
}

// hangUp closes the connection and returns why, the reason for closing it. It first sends
// an ERR with the reason, unless said is true, which means that the last answer already
// contained the reason. Before it closes the connection, it reads everything that the
// peer still sends, because otherwise TCP would discard the ERR.
func (l *Link) hangUp(why error, said bool) error {
	timer := time.AfterFunc(hangUpTimeout, func() { l.closeConn() })
	defer timer.Stop()
	if l.closeWrite(why, said) != nil {
		return why
	}
	for {
		select {
		case c := <-l.nextCall: // the call is dropped without an answer
			c.NoStream()
			c.cancel(nil)
			close(c.finished)
		case <-l.ended:
			l.conn.Drop()
			return why
		}
	}
}

// handleCallFrame handles a frame that was read by the link of a server.
func (l *Link) handleCallFrame(ctx context.Context, f codec.Frame) error {
	l.mu.Lock()
	c := l.running
	l.mu.Unlock()
	switch {
	case f.Verb == codec.TICK:
		l.handleTick()
		return nil
	case f.Verb == codec.STOP:
		if c != nil {
			c.cancel(errStopped)
		}
		return nil
	case f.Verb == codec.HELO:
		return l.handleHello(f)
	case f.Verb.FromServer():
		return codec.Errorf(codec.BadFrame, "%s is a server's frame", f.Verb)
	case f.Verb.Stream():
		if c != nil {
			c.deliver(f)
		}
		return nil
	}
	if c != nil {
		if c.streamOpen() {
			return codec.Errorf(codec.BadFrame, "the call %s came inside an open stream", f.Verb)
		}
		select { // nothing more is read until the running call is finished
		case <-c.finished:
		case <-l.closing:
			return io.ErrClosedPipe
		}
	}
	call := &Call{
		Verb: f.Verb, Word: f.Word, link: l, body: bytes.Clone(f.Body),
		decided: make(chan struct{}), finished: make(chan struct{}), streamEnded: make(chan error, 1),
		abandoned: make(chan struct{}),
	}
	call.ctx, call.cancel = context.WithCancelCause(ctx)
	l.mu.Lock()
	l.running = call
	l.callCount++
	l.mu.Unlock()
	l.maySilent.Store(true)
	l.conn.TrimIn()
	select {
	case l.nextCall <- call:
		return nil
	case <-l.closing:
		return io.ErrClosedPipe
	}
}

func (l *Link) handleHello(f codec.Frame) error {
	words, err := f.Words()
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.callCount > 0 || l.hello != nil {
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

// Peer returns the pairs of the client's HELO, or nil if no HELO has arrived. The pairs
// are for the log only, since the client can claim anything.
func (l *Link) Peer() codec.Pairs {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.hello
}
