package remote

import (
	"cmp"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
)

// A Gate stands in front of the verbs: no call is read before Enter has
// returned the Guest that makes it. It may read and write. Its error ends the
// connection, which is the caller's to close.
type Gate interface {
	Enter(ctx context.Context, conn net.Conn) (*Guest, error)
}

// A Guest is who was let in. Only this package makes one, and the verb table
// opens for nobody else.
type Guest struct {
	name    string
	id      trust.ID // "" where the gate knows no identities
	conn    *codec.Conn
	watched *link.TimedConn
	fresh   bool                         // it was paired just now
	may     func() (trust.Rights, error) // at this moment; the error is why it is no longer let in
}

// key tells the guest from others.
func (g *Guest) key() string { return cmp.Or(string(g.id), g.name) }

// everything is the may of a gate that knows no rights.
func everything() (trust.Rights, error) { return trust.AllRights, nil }

const (
	gateTime    = 10 * time.Second // from being accepted to being let in
	typingTime  = 60 * time.Second // likewise, when a person types the cookie by hand
	pairingTime = 30 * time.Second // likewise, with the proof of a pairing code
	gateWords   = 1 << 10          // before that nobody needs more
	gateTries   = 3
)

// A knock is a connection whose peer is not let in yet.
type knock struct {
	*codec.Conn
	watched *link.TimedConn
}

func newKnock(conn net.Conn) knock {
	watched := link.NewTimedConn(conn)
	k := knock{codec.NewConn(watched), watched}
	k.Hand = true
	k.MaxWords = gateWords
	return k
}

// admit makes the one who knocks a guest.
func (k knock) admit(name string, id trust.ID, may func() (trust.Rights, error)) *Guest {
	k.MaxWords = 0
	return &Guest{name: name, id: id, conn: k.Conn, watched: k.watched, may: may}
}

// refuse says why the one who knocks is not let in.
func (k knock) refuse(why *codec.Error) error {
	return errors.Join(k.WriteWords(codec.ERR, why.Words()...), k.Flush(), k.CloseWrite())
}

// inTime runs enter for at most d, after which the connection is closed.
func inTime(ctx context.Context, d time.Duration, conn net.Conn, enter func(ctx context.Context) (*Guest, error)) (*Guest, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, d, codec.Errorf(codec.Timeout, "not let in within %v", d))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	g, err := enter(ctx)
	if !stop() && g == nil { // a guest whose time was up at that very moment finds out by itself
		return nil, errors.Join(context.Cause(ctx), err)
	}
	return g, err
}

// A notable error is one that the person here has to see among all the noise
// that strangers can make.
type notable struct{ error }

func (n *notable) Unwrap() error { return n.error }

// Cookie is the gate of plain connections: the first frame must be AUTH and
// the cookie. Until then the server is silent, and lets go of anything else at
// its first differing byte without a word.
func Cookie(cookie string) Gate { return cookieGate(cookie) }

type cookieGate string

// Enter reads AUTH frames until one has the cookie, at most three.
func (g cookieGate) Enter(ctx context.Context, conn net.Conn) (*Guest, error) {
	return inTime(ctx, typingTime, conn, func(context.Context) (*Guest, error) { return g.enter(newKnock(conn)) })
}

func (g cookieGate) enter(k knock) (*Guest, error) {
	for left := gateTries; left > 0; {
		if err := k.Expect("AUTH "); err != nil {
			if left < gateTries {
				err = codec.Errorf(codec.NotAllowed, "wrong cookie")
			}
			return nil, err
		}
		f, err := k.ReadFrame()
		if err != nil {
			return nil, err
		}
		words, err := f.Words()
		if err == nil && f.Verb == codec.AUTH && len(words) == 1 &&
			subtle.ConstantTimeCompare([]byte(words[0].Text), []byte(g)) == 1 {
			return k.admit("the cookie's holder", "", everything), nil
		}
		left--
		wrong := codec.Errorf(codec.NotAllowed, "wrong cookie, %s left", tries(left))
		if err := errors.Join(k.WriteWords(codec.ERR, wrong.Words()...), k.Flush()); err != nil {
			return nil, err
		}
	}
	_ = k.CloseWrite()
	return nil, codec.Errorf(codec.NotAllowed, "%d wrong cookies", gateTries)
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
