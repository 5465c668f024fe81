package dialect

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"techsh/codec"
	"techsh/codec/link"
)

// A Dial connects to a server. Each call must connect to the same server.
type Dial func(ctx context.Context) (net.Conn, error)

// Auto is the name that makes Open find out the dialect of the server.
const Auto = "auto"

const exitTimeout = time.Second // for the answer to EXIT and the end of the connection

// Open returns a connection that behaves like a techsh/1 server called host. It
// translates the calls for a server that speaks the dialect called name. If name is Auto,
// Open finds out the dialect. ctx limits the opening only. Closing the connection sends
// EXIT to the server.
func Open(ctx context.Context, name, host string, dial Dial) (net.Conn, error) {
	conn, err := dial(ctx)
	if err != nil {
		return nil, err
	}
	a := &client{wire: newTimedConn(conn), dial: dial}
	if name == Auto {
		a.used = true
		if a.Dialect, err = recognise(ctx, a.wire); err != nil {
			a.Dialect, _ = Named("ex27") // servers of ex26 and ex26-slide also obey 0004EXIT, the EXIT of ex27
			a.close()
			return nil, err
		}
	} else if a.Dialect, err = Named(name); err != nil {
		conn.Close()
		return nil, err
	}
	near, far := net.Pipe()
	serving, cancel := context.WithCancel(context.Background())
	g := &gateway{Conn: near, client: a, cancel: cancel}
	g.serving.Go(func() {
		defer a.close()
		g.serve(serving, host, far)
	})
	return g, nil
}

// A gateway is the shell's end of a connection to a server of a dialect.
type gateway struct {
	net.Conn
	client  *client
	cancel  context.CancelFunc
	serving sync.WaitGroup
	hungUp  atomic.Bool // set when the server has closed the connection
}

// Read reads from the gateway. At the end it returns errHungUp if the server has closed
// the connection.
func (g *gateway) Read(b []byte) (int, error) {
	n, err := g.Conn.Read(b)
	if err == io.EOF && g.hungUp.Load() {
		err = errHungUp
	}
	return n, err
}

// Close ends the running call, sends EXIT, and waits about a second for the answer,
// because some servers do not notice a closed connection.
func (g *gateway) Close() error {
	err := g.Conn.Close()
	g.cancel()
	g.serving.Wait()
	return err
}

// serve answers the calls of the shell.
func (g *gateway) serve(ctx context.Context, host string, far net.Conn) {
	d := g.client.Dialect
	watched := link.NewTimedConn(far)
	conn := codec.NewConn(watched)
	defer conn.Close()
	hello := codec.Hello{
		Versions: []string{codec.Version}, Session: "1", System: d.name, Host: host, User: "anybody",
	}
	for _, v := range d.verbs() {
		hello.Verbs = append(hello.Verbs, v.name)
	}
	if errors.Join(conn.WriteWords(codec.HELO, hello.Words()...), conn.Flush()) != nil {
		return
	}
	_ = link.New(conn, watched).Serve(ctx, func(ctx context.Context, c *link.Call) (codec.Pairs, error) {
		pairs, err := g.client.handle(ctx, c)
		if errors.Is(err, errHungUp) && !d.once {
			g.hungUp.Store(true)
			_ = c.Flush() // so that a trace shows all messages so far
			_ = far.Close()
		}
		return pairs, err
	}) // the shell already has the error
}

// A client is the client of a server that speaks a dialect. It sends one request at a
// time.
type client struct {
	Dialect
	dial            Dial
	wire            *timedConn
	used            bool          // the exchange was made, if the server allows only one on each connection
	unanswered      string        // the command of a cancelled request that is still unanswered, or ""
	unansweredLimit time.Duration // the limit of the wait for this answer; 0 means no limit
	call            *link.Call    // the call whose answer shows the messages, or nil
	exitSent        time.Time     // when EXIT was sent

	replied time.Time // when the last reply arrived, not counting text that follows it
}

// exchange sends a request with one Write and returns the reply. A limit of 0 means no
// limit. A reply without a length is returned as an error.
func (a *client) exchange(ctx context.Context, request string, limit time.Duration) (string, error) {
	if err := a.send(ctx, request, limit); err != nil {
		return "", err
	}
	text, framed, err := a.readReply(ctx, limit)
	a.clearUnanswered(ctx)
	if err == nil && !framed {
		err = replyError(text)
	}
	return text, err
}

// send sends a request. If an earlier request was cancelled, it first waits for the
// answer to that request.
func (a *client) send(ctx context.Context, request string, limit time.Duration) error {
	b, err := a.request(request)
	if err != nil {
		return codec.Errorf(codec.TooBig, "%v", err)
	}
	if err := a.finishEarlier(ctx); err != nil {
		return err
	}
	a.unanswered, _, _ = strings.Cut(request, " ")
	a.unansweredLimit = limit
	a.show(a.requestMessage(string(b)))
	err = a.wire.send(ctx, b)
	if err != nil && ctx.Err() == nil {
		err = errHungUp
	}
	return err
}

// finishEarlier waits for the answer to an earlier request that was cancelled.
func (a *client) finishEarlier(ctx context.Context) error {
	if a.once {
		return a.reconnect(ctx)
	}
	err := a.wire.waitReadable(ctx, time.Millisecond) // data may have arrived since the last request
	if a.unanswered != "" && isTimeout(err) {
		a.tell("waiting", a.unanswered+" still runs on the remote; its answer has to come first")
		err = a.wire.waitReadable(ctx, a.unansweredLimit)
	}
	switch {
	case isTimeout(err):
	case err != nil:
		return readError(err)
	default:
		if _, err := a.wire.drain(ctx, quietDelay, 0); err != nil {
			return readError(err)
		}
	}
	a.unanswered = ""
	return nil
}

// clearUnanswered records that the last request was answered, or that no answer will
// come. It does nothing if ctx has ended.
func (a *client) clearUnanswered(ctx context.Context) {
	if ctx.Err() == nil {
		a.unanswered = ""
	}
}

// reconnect makes a new connection to a server that closes after each exchange.
func (a *client) reconnect(ctx context.Context) error {
	if !a.used {
		a.used = true
		return nil
	}
	conn, err := a.dial(ctx)
	if err != nil {
		return err
	}
	a.wire.Close()
	a.wire = newTimedConn(conn)
	return nil
}

// close sends EXIT, gives the server a moment to answer, and closes the connection.
func (a *client) close() {
	defer a.wire.Close()
	_ = a.sendExit(context.Background())
}

// sendExit sends EXIT unless it was sent before. It returns everything that the server
// sends until it closes the connection, ctx ends or exitTimeout is over.
func (a *client) sendExit(ctx context.Context) (answer []byte) {
	b, err := a.request("EXIT")
	if a.once || err != nil {
		return nil
	}
	said := a.exitSent.IsZero()
	if said {
		a.exitSent = time.Now()
	}
	ctx, cancel := context.WithDeadline(ctx, a.exitSent.Add(exitTimeout))
	defer cancel()
	if said {
		a.show(a.requestMessage(string(b)))
		err = a.wire.send(ctx, b)
	}
	if err == nil {
		answer, _ = a.wire.drain(ctx, exitTimeout, maxReply) // an error is expected: the server closes
	}
	return answer
}
