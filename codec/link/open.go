package link

import (
	"context"
	"errors"
	"io"
	"time"

	"techsh/codec"
)

// The time limits of the steps of the greeting.
const (
	helloTimeout   = 10 * time.Second
	pairTimeout    = 30 * time.Second
	carrierTimeout = 30 * time.Second // the longest wait for a byte before HELO; a person may have to type a password
)

// An Opening holds the options of Open.
type Opening struct {
	Cookie string                  // the cookie of a plain server; if "", no AUTH is sent
	Noise  bool                    // the carrier can send text before the HELO, such as a password prompt
	Self   codec.Pairs             // describes the client in HELO, such as name=ann host=laptop
	News   func(kind, text string) // see Link
	// Tap is called with every frame, see codec.Conn.
	Tap func(sent bool, f codec.Frame)
	// Pair, if it is not nil, is called after the first frame of the server. If the
	// server knows this client, hello is the server's HELO and refusal is nil. Otherwise
	// refusal is the error with the code Unpaired that the server has sent, and its pair
	// pairing= says whether the server accepts PAIR. If Pair then returns nil, Open waits
	// for the HELO. ctx ends when the time for pairing is over. If Pair fails, Open
	// returns its error.
	Pair func(ctx context.Context, conn *codec.Conn, hello codec.Hello, refusal *codec.Error) error
}

// Open exchanges greetings with the server at the other end of rwc and returns the link
// and the server's HELO. On an error rwc is closed. The error is the *codec.Error that
// the server has sent, the error of Pair, or an error with the code Timeout if the server
// is too slow. ctx limits the greeting only.
func Open(ctx context.Context, rwc io.ReadWriteCloser, o Opening) (*Link, codec.Hello, error) {
	watched := NewTimedConn(rwc)
	g := &greeting{Opening: o, conn: codec.NewConn(watched), timed: watched}
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
	l.trips.greeting = g.took
	watched.setLink(l)
	l.peerTicks.Store(true) // the greeting sent TICK, so the server must send TICK too
	l.startReader(l.handleAnswerFrame)
	l.startTicks.Do(l.sendTicks) // at once, because during a long answer the server sends no TICK
	l.wg.Go(func() {             // closes the link to a dead server
		select {
		case <-l.expired:
			l.closeConn()
		case <-l.ended:
		}
	})
	return l, hello, nil
}

// A greeting is a connection before it becomes a Link. It is closed when ctx ends.
type greeting struct {
	Opening
	conn   *codec.Conn
	timed  *TimedConn
	ctx    context.Context
	cancel context.CancelCauseFunc
	took   time.Duration // until the first frame of the server
}

// withTimeout runs one step of the greeting, and cancels the greeting if the step takes
// longer than limit.
func (g *greeting) withTimeout(limit time.Duration, what string, do func() error) error {
	timer := time.AfterFunc(limit, func() {
		g.cancel(codec.Errorf(codec.Timeout, "no %s within %v", what, limit))
	})
	defer timer.Stop()
	return do()
}

func (g *greeting) greet() (hello codec.Hello, err error) {
	began := time.Now()
	if g.Noise {
		if err := g.skipNoise(); err != nil {
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
	g.took = time.Since(began)
	refusal, _ := errors.AsType[*codec.Error](err)
	unknown := errors.Is(err, &codec.Error{Code: codec.Unpaired})
	if g.Pair != nil && (err == nil || unknown) {
		err = g.withTimeout(pairTimeout, "answer to PAIR", func() error {
			return g.Pair(g.ctx, g.conn, hello, refusal)
		})
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

// skipNoise skips what the carrier sends before the HELO of the server. It cancels the
// greeting if nothing arrives for carrierTimeout.
func (g *greeting) skipNoise() error {
	timer := time.AfterFunc(carrierTimeout, func() {
		g.cancel(codec.Errorf(codec.Timeout, "nothing came from the carrier for %v", carrierTimeout))
	})
	defer timer.Stop()
	g.timed.heard = func() { timer.Reset(carrierTimeout) }
	defer func() { g.timed.heard = nil }()
	return g.conn.SkipNoise()
}

func (g *greeting) sendAuth() error {
	if g.Cookie == "" {
		return nil
	}
	return errors.Join(g.conn.WriteWords(codec.AUTH, codec.Lit(g.Cookie)), g.conn.Flush())
}

// readHello reads the first frame of the server: HELO, or an ERR, which it returns as
// the error.
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
	// the body is left out because it may contain the cookie
	return none, codec.Errorf(codec.BadFrame, "it sent %s, not HELO", f.Verb)
}
