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

// How long a server waits.
const (
	idleTimeout     = 10 * time.Minute       // for the next request
	requestTimeout  = 30 * time.Second       // for the rest of one
	flushDelay      = 100 * time.Millisecond // of quiet, behind what is no message
	photoDelay      = 50 * time.Millisecond  // between the size of a picture and its bytes
	progressTimeout = 10 * time.Second       // for a command whose client has said all that it will, without a byte sent
	shutdownTimeout = 10 * time.Second       // for what runs when the server ends
)

// A Server speaks a dialect. Its fields must not change while it serves.
type Server struct {
	Dialect Dialect
	// Session answers the calls of techsh/1 that come over conn, which it closes,
	// in the name of a client at conn's remote address. It must return when ctx
	// has ended, or conn.
	Session func(ctx context.Context, conn net.Conn) error
	// Log is told what no session hears of; nil is slog.Default.
	Log *slog.Logger
}

// Serve accepts clients from l, which it closes, and serves each until it
// leaves. When ctx ends it takes no more requests, waits for all that it has
// started, and returns nil. Other errors are the listener's.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	defer context.AfterFunc(ctx, func() { l.Close() })()
	backoff := time.Duration(0)
	for {
		conn, err := l.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				conn.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		case err != nil: // out of descriptors, say: it passes
			backoff = min(max(2*backoff, 5*time.Millisecond), time.Second)
			s.log().Warn("accept", "err", err, "again in", backoff)
			select {
			case <-time.After(backoff):
			case <-ctx.Done():
			}
			continue
		}
		backoff = 0
		wg.Go(func() { s.serve(ctx, conn) })
	}
}

func (s *Server) log() *slog.Logger {
	if s.Log == nil {
		return slog.Default()
	}
	return s.Log
}

// An sessionConn is the session's end of the connection between it and the gateway.
// Its client's address is that of the dialect's client.
type sessionConn struct {
	net.Conn
	from net.Addr
}

// RemoteAddr returns the address of the dialect's client.
func (c sessionConn) RemoteAddr() net.Addr { return c.from }

// serve serves one client. Whatever it says, only its own conversation ends.
func (s *Server) serve(ctx context.Context, conn net.Conn) {
	defer conn.Close()
	log := s.log().With("peer", s.Dialect.String()+" "+conn.RemoteAddr().String())
	defer func() {
		if p := recover(); p != nil {
			log.Error("panic", "value", p, "stack", string(debug.Stack()))
		}
	}()
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
		return // the server inside has said why
	}
	defer l.Close()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(shutdownTimeout, func() { conn.Close() }) })()
	v := &clientSession{Dialect: s.Dialect, wire: newTimedConn(conn), link: l, ctx: ctx, log: log, warned: map[string]bool{}}
	for v.serveRequest() {
	}
	v.wire.closeGracefully(ctx)
}

// A clientSession is one client of a server.
type clientSession struct {
	Dialect
	wire   *timedConn
	link   *link.Link
	ctx    context.Context // ends when the server does
	log    *slog.Logger
	photo  []byte          // that was taken last
	warned map[string]bool // what was said of its mistakes, once each: it can make a million of them
}

// serveRequest reads one request and answers it. It says whether another one may
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
			_ = v.sendReply(reply) // who has left already needs no farewell
		}
		return false
	case errors.Is(err, errAnswered):
		return true
	case errors.Is(err, link.ErrLost), errors.Is(err, errClientGone):
		return false
	case err != nil:
		reply = v.wrong // the log of the session has the reason
	}
	return v.sendReply(reply) == nil && !v.once
}

// readRequest waits for one. What begins like one and does not go on is none.
func (v *clientSession) nextRequest() (string, error) {
	if err := v.wire.waitReadable(v.ctx, idleTimeout); err != nil {
		return "", err
	}
	defer setTimeout(v.ctx, v.wire.SetReadDeadline, requestTimeout)()
	text, err := v.readRequest(v.wire.r)
	if isTimeout(err) && v.ctx.Err() == nil {
		err = errGarbage
	}
	return text, causeOf(v.ctx, err)
}

// sendReply writes a reply with one Write: some clients take what one read gives
// them for a message.
func (v *clientSession) sendReply(text string) error {
	return v.wire.send(context.WithoutCancel(v.ctx), v.reply(text)) // what was done is said, also by a server that ends
}

// rejectGarbage answers what is no message and begins so, and drops what comes behind
// it, where that can be told from messages. A web browser is hung up on.
func (v *clientSession) rejectGarbage(begin string) (more bool) {
	v.warn("garbage", begin)
	browser := begin != "" && slices.ContainsFunc([]string{"GET ", "HEAD", "POST", "OPTI"}, func(m string) bool { return strings.HasPrefix(m, begin) })
	if v.garbage == "" {
		return v.sendReply(v.wrong) == nil && !browser
	}
	if v.sendReply(v.garbage) != nil {
		return false
	}
	_, err := v.wire.drain(v.ctx, flushDelay, 0)
	return err == nil && !browser
}

// warn tells the log what is wrong with a request, unless it was told that of
// this client.
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

// watchClient runs do and watches meanwhile whether the client is still there.
// Who has only no more to say may wait as long as it gets on. Who says more than
// can be kept until it is its turn can no longer be watched, and is let go, but
// for one whose first words are all that count.
func (v *clientSession) watchClient(do func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(v.ctx)) // the session knows best when it has to end
	defer cancel(nil)
	ended := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		var err error
		for err == nil { // what it asks meanwhile waits its turn
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
