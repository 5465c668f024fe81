package link

import (
	"context"
	"errors"
	"io"

	"techsh/codec"
)

// An Opening is how a client begins.
type Opening struct {
	Cookie string      // for a plain server; "" sends no AUTH
	Noise  bool        // a carrier may speak before the server does
	Self   codec.Pairs // what the client says of itself, such as name=ann host=laptop
}

// Open greets the server behind rwc and returns the link and what the
// server said of itself. On an error rwc is closed. ctx bounds the greeting
// only.
func Open(ctx context.Context, rwc io.ReadWriteCloser, o Opening) (*Link, codec.Hello, error) {
	watched := Watch(rwc)
	conn := codec.NewConn(watched)
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	hello, err := greet(conn, o)
	if !stop() && err == nil {
		err = context.Cause(ctx)
	}
	if err != nil {
		conn.Close()
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, hello, err
	}
	l := newLink(conn, false)
	watched.bind(l)
	l.run(l.takeAnswer)
	l.wg.Go(func() { // a dead server is let go
		select {
		case <-l.expired:
			l.shut()
		case <-l.ended:
		}
	})
	return l, hello, nil
}

func greet(conn *codec.Conn, o Opening) (codec.Hello, error) {
	var none codec.Hello
	if o.Cookie != "" {
		err := conn.WriteWords(codec.AUTH, codec.Lit(o.Cookie))
		if err = errors.Join(err, conn.Flush()); err != nil {
			return none, err
		}
	}
	if o.Noise {
		if err := conn.SkipNoise(); err != nil {
			return none, err
		}
	}
	f, err := conn.ReadFrame()
	if err != nil {
		return none, err
	}
	words, err := f.Words()
	if err != nil {
		return none, err
	}
	switch f.Verb {
	case codec.HELO:
		hello, err := codec.ParseHello(words)
		if err != nil {
			return hello, err
		}
		err = conn.WriteWords(codec.HELO, append(codec.Lits(codec.Version), o.Self.Words()...)...)
		return hello, errors.Join(err, conn.WriteWords(codec.TICK), conn.Flush())
	case codec.ERR:
		e, err := codec.ParseError(words)
		if err != nil {
			return none, err
		}
		return none, e
	}
	return none, codec.Errorf(codec.BadFrame, "it said %s, not HELO", f)
}
