package access

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"

	"techsh/codec"
)

const maxTries = 3

// Cookie returns the gate for plain connections: the first frame must be AUTH with the
// cookie. Until then the server sends nothing, and at the first byte that is not part of
// AUTH it closes the connection without an answer.
func Cookie(cookie string) Gate { return cookieGate(cookie) }

type cookieGate string

// Enter reads up to three AUTH frames until one has the cookie.
func (g cookieGate) Enter(ctx context.Context, conn net.Conn) (*Guest, error) {
	return enterWithin(ctx, typingTimeout, conn, func(context.Context) (*Guest, error) {
		return g.enter(newHandshake(conn))
	})
}

func (g cookieGate) enter(h handshake) (*Guest, error) {
	for left := maxTries; left > 0; {
		if err := h.Expect("AUTH "); err != nil {
			if left < maxTries {
				err = codec.Errorf(codec.NotAllowed, "wrong cookie")
			}
			return nil, err
		}
		f, err := h.ReadFrame()
		if err != nil {
			return nil, err
		}
		words, err := f.Words()
		if err == nil && f.Verb == codec.AUTH && len(words) == 1 &&
			subtle.ConstantTimeCompare([]byte(words[0].Text), []byte(g)) == 1 {
			return h.admit("the cookie's holder", "", allRights), nil
		}
		left--
		wrong := codec.Errorf(codec.NotAllowed, "wrong cookie, %s left", tries(left))
		if err := errors.Join(h.WriteWords(codec.ERR, wrong.Words()...), h.Flush()); err != nil {
			return nil, err
		}
	}
	_ = h.CloseWrite()
	return nil, codec.Errorf(codec.NotAllowed, "%d wrong cookies", maxTries)
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
