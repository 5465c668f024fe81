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

// A Dial connects to a server, of which it is the same one each time.
type Dial func(ctx context.Context) (net.Conn, error)

// Auto is the name of whatever dialect a server speaks.
const Auto = "auto"

const exitTimeout = time.Second // for the answer to EXIT, and until the server closes

// Open returns a connection that speaks techsh/1, as its client, for a server
// called host that speaks the named dialect, or with Auto for one that speaks
// any. ctx bounds the beginning only. Closing it says EXIT to the server.
func Open(ctx context.Context, name, host string, dial Dial) (net.Conn, error) {
	conn, err := dial(ctx)
	if err != nil {
		return nil, err
	}
	a := &client{wire: newTimedConn(conn), dial: dial}
	if name == Auto {
		a.used = true
		if a.Dialect, err = recognise(ctx, a.wire); err != nil {
			a.Dialect, _ = Named("ex27") // whose 0004EXIT is EXIT in ex26 and ex26-slide too, behind what is an error there
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
	hungUp  atomic.Bool // the server has
}

// Read reads from the gateway. That the server has hung up is the reason for
// the end there is then.
func (g *gateway) Read(b []byte) (int, error) {
	n, err := g.Conn.Read(b)
	if err == io.EOF && g.hungUp.Load() {
		err = errHungUp
	}
	return n, err
}

// Close ends what runs, says EXIT, and waits at most about a second for its
// answer: a server may never end that is only hung up on.
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
	hello := codec.Hello{Versions: []string{codec.Version}, Session: "1", System: d.name, Host: host, User: "anybody"}
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
			_ = c.Flush() // what has crossed until then is shown
			_ = far.Close()
		}
		return pairs, err
	}) // the shell knows why
}

// An client is the client of a server. Its requests come one at a time.
type client struct {
	Dialect
	dial            Dial
	wire            *timedConn
	used            bool          // by an exchange, where the server closes after one
	unanswered      string        // the command of a request whose answer nobody has waited for, or ""
	unansweredLimit time.Duration // for so long; 0 is for ever
	call            *link.Call    // whose answer shows what crosses, or nil
	exitSent        time.Time     // when EXIT was said

	replied time.Time // when the last reply was there, before what may belong to it
}

// exchange sends a request with one Write, and returns the reply; a limit of 0 is
// none. A reply without a frame is an error.
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

// send sends a request, when nothing of an earlier one is to come any more.
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

// finishEarlier waits for what belongs to an earlier request and was not waited for.
func (a *client) finishEarlier(ctx context.Context) error {
	if a.once {
		return a.reconnect(ctx)
	}
	err := a.wire.waitReadable(ctx, time.Millisecond) // for what has come since
	if a.unanswered != "" && isTimeout(err) {
		a.tell("waiting", a.unanswered+" goes on there, and its answer is waited for first")
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

// clearUnanswered says that nothing of the last request is owed: it was answered, or
// waited for as long as that makes sense. What ctx has ended is not.
func (a *client) clearUnanswered(ctx context.Context) {
	if ctx.Err() == nil {
		a.unanswered = ""
	}
}

// reconnect connects again to a server that closes after each exchange.
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

// close says EXIT, and gives the server a moment to answer it in any way.
func (a *client) close() {
	defer a.wire.Close()
	_ = a.sendExit(context.Background())
}

// sendExit says EXIT, unless that was said, and returns what is answered until the
// server closes, ctx ends, or it takes too long.
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
		answer, _ = a.wire.drain(ctx, exitTimeout, maxReply) // that it ends is no matter
	}
	return answer
}
