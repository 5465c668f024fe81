package dialect

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"techsh/codec"
	"techsh/codec/link"
)

// A Dial connects to a server, of which it is the same one each time.
type Dial func(ctx context.Context) (net.Conn, error)

// Auto is the name of whatever dialect a server speaks.
const Auto = "auto"

const leaveWithin = time.Second // for the answer to EXIT, and until the server closes

// Open returns a connection that speaks techsh/1, as its client, for a server
// called host that speaks the named dialect, or with Auto for one that speaks
// any. ctx bounds the beginning only. Closing it says EXIT to the server.
func Open(ctx context.Context, name, host string, dial Dial) (net.Conn, error) {
	conn, err := dial(ctx)
	if err != nil {
		return nil, err
	}
	a := &asker{wire: newWire(conn), dial: dial}
	if name == Auto {
		a.Dialect, err = recognised(ctx, a.wire)
		a.used = true
	} else {
		a.Dialect, err = Named(name)
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	near, far := net.Pipe()
	serving, cancel := context.WithCancel(context.Background())
	g := &gateway{Conn: near, asker: a, cancel: cancel}
	g.serving.Go(func() {
		defer a.leave()
		g.serve(serving, host, far)
	})
	return g, nil
}

// A gateway is the shell's end of a connection to a server of a dialect.
type gateway struct {
	net.Conn
	asker   *asker
	cancel  context.CancelFunc
	serving sync.WaitGroup
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
	d := g.asker.Dialect
	watched := link.Watch(far)
	conn := codec.NewConn(watched)
	defer conn.Close()
	hello := codec.Hello{Versions: []string{codec.Version}, Session: "1", System: d.name, Host: host, User: "anybody"}
	for _, v := range d.verbs() {
		hello.Verbs = append(hello.Verbs, v.name)
	}
	if errors.Join(conn.WriteWords(codec.HELO, hello.Words()...), conn.Flush()) != nil {
		return
	}
	_ = link.New(conn, watched).Serve(ctx, g.asker.handle) // the shell knows why
}

// An asker is the client of a server. Its requests come one at a time.
type asker struct {
	Dialect
	dial Dial
	wire *wire
	used bool          // by an exchange, where the server closes after one
	owed bool          // there is a request whose answer nobody has waited for
	owes time.Duration // for so long; 0 is for ever
	call *link.Call    // whose answer shows what crosses, or nil
	left time.Time     // when EXIT was said

	replied time.Time // when the last reply was there, before what may belong to it
}

// ask sends a request with one Write, and returns the reply; a limit of 0 is
// none. A reply without a frame is an error.
func (a *asker) ask(ctx context.Context, request string, limit time.Duration) (string, error) {
	if err := a.send(ctx, request, limit); err != nil {
		return "", err
	}
	text, framed, err := a.read(ctx, limit)
	a.owed = ctx.Err() != nil
	if err == nil && !framed {
		err = refusal(text)
	}
	return text, err
}

// send sends a request, when nothing of an earlier one is to come any more.
func (a *asker) send(ctx context.Context, request string, limit time.Duration) error {
	b, err := a.request(request)
	if err != nil {
		return codec.Errorf(codec.TooBig, "%v", err)
	}
	if err := a.settle(ctx); err != nil {
		return err
	}
	a.owed, a.owes = true, limit
	a.show(a.asked(string(b)))
	err = a.wire.send(ctx, b)
	if err != nil && ctx.Err() == nil {
		err = errHungUp
	}
	return err
}

// settle waits for what belongs to an earlier request and was not waited for.
func (a *asker) settle(ctx context.Context) error {
	if a.once {
		return a.again(ctx)
	}
	limit := time.Millisecond // for what has come since
	if a.owed {
		limit = a.owes
	}
	err := a.wire.await(ctx, limit)
	switch {
	case isTimeout(err):
	case err != nil:
		return worded(err)
	default:
		if _, err := a.wire.drain(ctx, repliedAfter, 0); err != nil {
			return worded(err)
		}
	}
	a.owed = false
	return nil
}

// again connects again to a server that closes after each exchange.
func (a *asker) again(ctx context.Context) error {
	if !a.used {
		a.used = true
		return nil
	}
	conn, err := a.dial(ctx)
	if err != nil {
		return err
	}
	a.wire.Close()
	a.wire = newWire(conn)
	return nil
}

// leave says EXIT, and gives the server a moment to answer it in any way.
func (a *asker) leave() {
	defer a.wire.Close()
	_ = a.part(context.Background())
}

// part says EXIT, unless that was said, and returns what is answered until the
// server closes, ctx ends, or it takes too long.
func (a *asker) part(ctx context.Context) (answer []byte) {
	b, err := a.request("EXIT")
	if a.once || err != nil {
		return nil
	}
	said := a.left.IsZero()
	if said {
		a.left = time.Now()
	}
	ctx, cancel := context.WithDeadline(ctx, a.left.Add(leaveWithin))
	defer cancel()
	if said {
		a.show(a.asked(string(b)))
		err = a.wire.send(ctx, b)
	}
	if err == nil {
		answer, _ = a.wire.drain(ctx, leaveWithin, maxReply) // that it ends is no matter
	}
	return answer
}
