package remote

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"techsh/codec"
)

// A Gate stands in front of the verbs: no call is read before Enter has
// returned who it is that calls. It may read and write frames, and its error
// ends the connection.
type Gate interface {
	Enter(ctx context.Context, conn *codec.Conn) (Peer, error)
}

// A Peer is who was let in.
type Peer struct{ Name string }

const (
	gateTime  = 60 * time.Second // a person types the cookie by hand
	gateWords = 1 << 10          // before that nobody needs more
	gateTries = 3
)

// Cookie is the gate of plain connections: the first frame must be AUTH and
// the cookie. Until then the server is silent, and lets go of anything else at
// its first differing byte without a word.
func Cookie(cookie string) Gate { return cookieGate(cookie) }

type cookieGate string

// Enter reads AUTH frames until one has the cookie, at most three.
func (g cookieGate) Enter(ctx context.Context, conn *codec.Conn) (Peer, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, gateTime, codec.Errorf(codec.Timeout, "no AUTH within %v", gateTime))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	conn.MaxWords = gateWords
	for left := gateTries; left > 0; {
		if err := conn.Expect("AUTH "); err != nil {
			if left < gateTries {
				err = codec.Errorf(codec.NotAllowed, "wrong cookie")
			}
			return Peer{}, gateError(ctx, err)
		}
		f, err := conn.ReadFrame()
		if err != nil {
			return Peer{}, gateError(ctx, err)
		}
		words, err := f.Words()
		if err == nil && f.Verb == codec.AUTH && len(words) == 1 &&
			subtle.ConstantTimeCompare([]byte(words[0].Text), []byte(g)) == 1 {
			conn.MaxWords = 0
			if !stop() { // the time was up in this very moment
				return Peer{}, context.Cause(ctx)
			}
			return Peer{Name: "the cookie's holder"}, nil
		}
		left--
		wrong := codec.Errorf(codec.NotAllowed, "wrong cookie, %s left", tries(left))
		if err := errors.Join(conn.WriteWords(codec.ERR, wrong.Words()...), conn.Flush()); err != nil {
			return Peer{}, err
		}
	}
	_ = conn.CloseWrite()
	return Peer{}, codec.Errorf(codec.NotAllowed, "%d wrong cookies", gateTries)
}

func gateError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func tries(n int) string {
	switch n {
	case 0:
		return "no try"
	case 1:
		return "1 try"
	}
	return fmt.Sprintf("%d tries", n)
}

// NewCookie returns a fresh cookie: 130 random bits in 26 letters and digits.
func NewCookie() string {
	const letters = "abcdefghijklmnopqrstuvwxyz234567"
	b := make([]byte, 26)
	_, _ = rand.Read(b) // never fails, see crypto/rand
	for i, c := range b {
		b[i] = letters[c&31]
	}
	return string(b)
}

// open is the gate of a connection that somebody else guards.
type open struct{}

// Enter lets in.
func (open) Enter(context.Context, *codec.Conn) (Peer, error) {
	return Peer{Name: "whom the carrier let in"}, nil
}
