package dialect

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"techsh/codec"
	"techsh/codec/link"
)

// The time limits of a server.
const (
	idleTimeout     = 10 * time.Minute       // for the next request
	requestTimeout  = 30 * time.Second       // for the rest of a request
	flushDelay      = 100 * time.Millisecond // the time without data after which garbage is considered complete
	photoDelay      = 50 * time.Millisecond  // the pause between the size of a picture and its bytes
	progressTimeout = 10 * time.Second       // without a byte sent to a client that has stopped sending
	shutdownTimeout = 10 * time.Second       // for commands that still run when the server ends
)

// A Server is a server for clients that speak a dialect. Its fields must not change
// while it serves.
type Server struct {
	Dialect Dialect
	// Session answers the calls of techsh/1 on conn. The remote address of conn is that
	// of the client. Session closes conn, and must return when ctx or conn ends.
	Session func(ctx context.Context, conn net.Conn) error
	// Log receives the records that no session logs; nil means slog.Default.
	Log *slog.Logger
}

// Serve accepts clients from l and serves each until that client disconnects. It closes
// l. When ctx ends, Serve accepts no more requests, waits for everything that it has
// started, and returns nil. It returns an error only if the listener fails.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	return link.Accept(ctx, l, s.log(), func(conn net.Conn) {
		wg.Go(func() { s.serve(ctx, conn) })
	})
}

func (s *Server) log() *slog.Logger {
	if s.Log == nil {
		return slog.Default()
	}
	return s.Log
}

// A sessionConn is the session's end of the connection between session and gateway. Its
// remote address is that of the client.
type sessionConn struct {
	net.Conn
	from net.Addr
}

// RemoteAddr returns the address of the client that speaks the dialect.
func (c sessionConn) RemoteAddr() net.Addr { return c.from }

// serve serves one client. Nothing that the client sends affects other clients.
func (s *Server) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	log := s.log().With("peer", s.Dialect.String()+" "+conn.RemoteAddr().String())
	defer func() {
		if p := recover(); p != nil {
			log.Error("panic", "value", p, "stack", string(debug.Stack()))
		}
	}()
	wire := newTimedConn(conn)
	if wire.waitReadable(ctx, idleTimeout) != nil {
		return // a client that sends nothing needs no session
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	near, far := net.Pipe()
	wg.Go(func() {
		if err := s.Session(ctx, sessionConn{far, conn.RemoteAddr()}); err != nil {
			log.Debug("session", "err", err)
		}
	})
	l, _, err := link.Open(ctx, near, link.Opening{})
	if err != nil {
		return // the session has logged the reason
	}
	defer l.Close()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(shutdownTimeout, func() { conn.Close() }) })()
	v := &clientSession{
		Dialect: s.Dialect, wire: wire, link: l, ctx: ctx, log: log,
		warned: map[string]bool{},
	}
	for v.serveRequest() {
	}
	v.wire.closeGracefully(ctx)
}

// A clientSession is the conversation with one client of a Server.
type clientSession struct {
	Dialect
	wire   *timedConn
	link   *link.Link
	ctx    context.Context // ends when the server ends
	log    *slog.Logger
	photo  []byte          // the last picture that was taken
	warned map[string]bool // the kinds of mistakes that were logged, so that each is logged once
}

// serveRequest reads one request and answers it. It reports whether another one may
// follow.
func (v *clientSession) serveRequest() (more bool) {
	text, err := v.nextRequest()
	if err != nil && !errors.Is(err, errGarbage) {
		return false
	}
	reply := ""
	if err == nil {
		reply, err = v.answer(text)
	}
	switch {
	case errors.Is(err, errGarbage):
		return v.rejectGarbage(text)
	case errors.Is(err, errExit):
		if v.bye != "" {
			_ = v.sendReply(reply) // the client may be gone
		}
		return false
	case errors.Is(err, errAnswered):
		return true
	case errors.Is(err, link.ErrLost), errors.Is(err, errClientGone):
		return false
	case err != nil:
		reply = v.wrong // the session has logged the reason
	}
	return v.sendReply(reply) == nil && !v.once
}

// nextRequest waits for the next request. A request that is not complete in time is
// garbage.
func (v *clientSession) nextRequest() (string, error) {
	if err := v.wire.waitReadable(v.ctx, idleTimeout); err != nil {
		return "", err
	}
	began := time.Now()
	disarm := setTimeout(v.ctx, v.wire.SetReadDeadline, requestTimeout)
	text, err := v.readRequest(v.wire.r)
	disarm()
	if err == nil && !v.once {
		return v.complete(text, time.Since(began))
	}
	if isTimeout(err) && v.ctx.Err() == nil {
		err = errGarbage
	}
	return text, causeOf(v.ctx, err)
}

// sendReply sends a reply with one Write, because some clients assume that one read
// returns one message.
func (v *clientSession) sendReply(text string) error {
	// sent even when the server ends, since the command was carried out
	return v.wire.send(context.WithoutCancel(v.ctx), v.reply(text))
}

// rejectGarbage answers bytes that are not a message. The parameter begin has the first
// of these bytes. If the dialect can tell messages from garbage, rejectGarbage drops
// everything that follows. The result more reports whether to continue with the client;
// it is false for a web browser.
func (v *clientSession) rejectGarbage(begin string) (more bool) {
	v.warn("garbage", begin)
	browser := begin != "" && slices.ContainsFunc(
		[]string{"GET ", "HEAD", "POST", "OPTI"},
		func(m string) bool { return strings.HasPrefix(m, begin) },
	)
	if v.garbage == "" {
		return v.sendReply(v.wrong) == nil && !browser
	}
	if v.sendReply(v.garbage) != nil {
		return false
	}
	_, err := v.wire.drain(v.ctx, flushDelay, 0)
	return err == nil && !browser
}

// warn logs a mistake of the client, once for each kind.
func (v *clientSession) warn(what, words string) {
	if !v.warned[what] {
		v.warned[what] = true
		v.log.Warn(what, "words", codec.Show(words))
	}
}

var (
	errExit       = errors.New("the client leaves")
	errAnswered   = errors.New("answered already")
	errClientGone = errors.New("the client is gone")
)

// watchClient calls the function do, and cancels its context when the client disconnects.
// A client that has closed only its own direction counts as connected as long as at least
// one byte is sent to it in each progressTimeout. A client that sends more than the
// buffer holds can no longer be watched and counts as disconnected, except in a dialect
// with one exchange for each connection.
func (v *clientSession) watchClient(do func(ctx context.Context) error) error {
	// when the server ends, the session stops the function do; this context does not
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(v.ctx))
	defer cancel(nil)
	ended := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		var err error
		for err == nil { // further requests stay in the buffer
			_, err = v.wire.r.Peek(v.wire.r.Buffered() + 1)
		}
		switch {
		case isTimeout(err), err == bufio.ErrBufferFull && v.once:
			return
		case err == io.EOF:
			for sent := int64(-1); sent != v.wire.sent.Load(); {
				sent = v.wire.sent.Load()
				select {
				case <-time.After(progressTimeout):
				case <-ended:
					return
				}
			}
		}
		cancel(errClientGone)
	})
	err := do(ctx)
	close(ended)
	_ = v.wire.SetReadDeadline(time.Unix(1, 0))
	wg.Wait()
	return causeOf(ctx, err)
}
