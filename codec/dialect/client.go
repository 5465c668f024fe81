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
		a.used = true
		if a.Dialect, err = recognised(ctx, a.wire); err != nil {
			a.Dialect, _ = Named("ex27") // whose 0004EXIT is EXIT in ex26 and ex26-slide too, behind what is an error there
			a.leave()
			return nil, err
		}
	} else if a.Dialect, err = Named(name); err != nil {
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
	_ = link.New(conn, watched).Serve(ctx, func(ctx context.Context, c *link.Call) (codec.Pairs, error) {
		pairs, err := g.asker.handle(ctx, c)
		if errors.Is(err, errHungUp) && !d.once {
			g.hungUp.Store(true)
			_ = c.Flush() // what has crossed until then is shown
			_ = far.Close()
		}
		return pairs, err
	}) // the shell knows why
}

// An asker is the client of a server. Its requests come one at a time.
type asker struct {
	Dialect
	dial Dial
	wire *wire
	used bool          // by an exchange, where the server closes after one
	owed string        // the command of a request whose answer nobody has waited for, or ""
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
	a.settled(ctx)
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
	a.owed, _, _ = strings.Cut(request, " ")
	a.owes = limit
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
	err := a.wire.await(ctx, time.Millisecond) // for what has come since
	if a.owed != "" && isTimeout(err) {
		a.tell("waiting", a.owed+" goes on there, and its answer is waited for first")
		err = a.wire.await(ctx, a.owes)
	}
	switch {
	case isTimeout(err):
	case err != nil:
		return worded(err)
	default:
		if _, err := a.wire.drain(ctx, repliedAfter, 0); err != nil {
			return worded(err)
		}
	}
	a.owed = ""
	return nil
}

// settled says that nothing of the last request is owed: it was answered, or
// waited for as long as that makes sense. What ctx has ended is not.
func (a *asker) settled(ctx context.Context) {
	if ctx.Err() == nil {
		a.owed = ""
	}
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
