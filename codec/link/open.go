package link

import (
	"context"
	"errors"
	"io"
	"time"

	"techsh/codec"
)

// How long the steps of a greeting may take.
const (
	helloTimeout = 10 * time.Second
	pairTimeout  = 30 * time.Second
)

// An Opening is how a client begins.
type Opening struct {
	Cookie string                  // for a plain server; "" sends no AUTH
	Noise  bool                    // a carrier may speak before the server does, and ask for a password
	Self   codec.Pairs             // what the client says of itself, such as name=ann host=laptop
	News   func(kind, text string) // see Link
	// Tap is told of every frame from the first on: see codec.Conn.
	Tap func(sent bool, f codec.Frame)
	// Pair, if it is set, is called when the server does not know this
	// client: refusal is its ERR unpaired, whose pair pairing= says whether a PAIR
	// is any use. When Pair returns nil, HELO follows. A server that knows this
	// client says HELO at once: then Pair gets that, and refusal is nil. ctx ends
	// when the time for pairing does. An error ends the opening.
	Pair func(ctx context.Context, conn *codec.Conn, hello codec.Hello, refusal *codec.Error) error
}

// Open greets the server behind rwc and returns the link and what the
// server said of itself. On an error rwc is closed: it is the server's
// *codec.Error, that of Pair, or one of code timeout when the server is too slow.
// ctx bounds the greeting only.
func Open(ctx context.Context, rwc io.ReadWriteCloser, o Opening) (*Link, codec.Hello, error) {
	watched := NewTimedConn(rwc)
	g := &greeting{Opening: o, conn: codec.NewConn(watched)}
	g.conn.Tap = o.Tap
	g.ctx, g.cancel = context.WithCancelCause(ctx)
	defer g.cancel(nil)
	stop := context.AfterFunc(g.ctx, func() { g.conn.Close() })
	hello, err := g.greet()
	if !stop() {
		err = context.Cause(g.ctx)
	}
	if err != nil {
		g.conn.Close()
		return nil, hello, err
	}
	l := newLink(g.conn, false)
	l.News = o.News
	watched.setLink(l)
	l.peerTicks.Store(true) // it has got a TICK, and ticks: its silence has an end
	l.startReader(l.handleAnswerFrame)
	l.startTicks.Do(l.sendTicks) // for good: a server that is busy with an answer never ticks back
	l.wg.Go(func() {             // a dead server is let go
		select {
		case <-l.expired:
			l.closeConn()
		case <-l.ended:
		}
	})
	return l, hello, nil
}

// A greeting is a connection before it is a Link. It is closed when ctx ends.
type greeting struct {
	Opening
	conn   *codec.Conn
	ctx    context.Context
	cancel context.CancelCauseFunc
}

// withTimeout does one step, and lets go of a server that takes longer.
func (g *greeting) withTimeout(limit time.Duration, what string, do func() error) error {
	timer := time.AfterFunc(limit, func() { g.cancel(codec.Errorf(codec.Timeout, "no %s within %v", what, limit)) })
	defer timer.Stop()
	return do()
}

func (g *greeting) greet() (hello codec.Hello, err error) {
	if g.Noise { // it takes as long as a person at a carrier's question
		if err := g.conn.SkipNoise(); err != nil {
			return hello, err
		}
	}
	listen := func() (err error) {
		hello, err = g.readHello()
		return err
	}
	err = g.withTimeout(helloTimeout, "HELO", func() error {
		if err := g.sendAuth(); err != nil {
			return err
		}
		return listen()
	})
	refusal, _ := errors.AsType[*codec.Error](err)
	unknown := errors.Is(err, &codec.Error{Code: codec.Unpaired})
	if g.Pair != nil && (err == nil || unknown) {
		err = g.withTimeout(pairTimeout, "answer to PAIR", func() error { return g.Pair(g.ctx, g.conn, hello, refusal) })
		if err == nil && unknown {
			err = g.withTimeout(helloTimeout, "HELO", listen)
		}
	}
	if err != nil {
		return hello, err
	}
	return hello, g.withTimeout(helloTimeout, "room for an answer", func() error {
		err := g.conn.WriteWords(codec.HELO, append(codec.Lits(codec.Version), g.Self.Words()...)...)
		return errors.Join(err, g.conn.WriteWords(codec.TICK), g.conn.Flush())
	})
}

func (g *greeting) sendAuth() error {
	if g.Cookie == "" {
		return nil
	}
	return errors.Join(g.conn.WriteWords(codec.AUTH, codec.Lit(g.Cookie)), g.conn.Flush())
}

// readHello reads the server's first word: HELO, or why not.
func (g *greeting) readHello() (codec.Hello, error) {
	var none codec.Hello
	f, err := g.conn.ReadFrame()
	if err != nil {
		return none, err
	}
	words, err := f.Words()
	if err != nil {
		return none, err
	}
	switch f.Verb {
	case codec.HELO:
		return codec.ParseHello(words)
	case codec.ERR:
		e, err := codec.ParseError(words)
		if err != nil {
			return none, err
		}
		return none, e
	}
	return none, codec.Errorf(codec.BadFrame, "it said %s, not HELO", f.Verb) // the rest may be our cookie, said again
}
