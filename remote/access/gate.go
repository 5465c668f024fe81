package access

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
)

// A Gate stands in front of the verbs: no call is read before Enter has returned
// the Guest that makes it. Enter may read and write. Its error ends the
// connection, which the caller closes.
type Gate interface {
	Enter(ctx context.Context, conn net.Conn) (*Guest, error)
}

// A Guest is a peer that was let in. Only this package makes one, and the verbs
// of a server are for guests only.
type Guest struct {
	name    string
	id      trust.ID // "" where the gate knows no identities
	conn    *codec.Conn
	watched *link.TimedConn
	paired  bool                         // just now
	may     func() (trust.Rights, error) // at this moment; the error is why it is no longer let in
}

// NewGuest returns the guest behind a connection whose peer was let in by
// another program, such as the sshd in front of techshd --stdio. It has all
// rights.
func NewGuest(conn io.ReadWriteCloser, name string) *Guest {
	watched := link.NewTimedConn(conn)
	g := &Guest{name: name, conn: codec.NewConn(watched), watched: watched, may: allRights}
	g.conn.Hand = true
	return g
}

// Name returns what the owner of this computer calls the guest.
func (g *Guest) Name() string { return g.name }

// ID returns the identity of the guest, "" if its gate knows no identities.
func (g *Guest) ID() trust.ID { return g.id }

// Key tells the guest from all others.
func (g *Guest) Key() string { return cmp.Or(string(g.id), g.name) }

// Paired reports whether the guest was paired just now.
func (g *Guest) Paired() bool { return g.paired }

// Conn returns the connection, and what watches its reads.
func (g *Guest) Conn() (*codec.Conn, *link.TimedConn) { return g.conn, g.watched }

// Admitted reports whether a gate of this package has let the guest in.
func (g *Guest) Admitted() bool { return g != nil && g.may != nil }

// May returns what the guest may do at this moment. The error is why it is no
// longer let in.
func (g *Guest) May() (trust.Rights, error) { return g.may() }

// allRights is the May of a gate that knows no rights.
func allRights() (trust.Rights, error) { return trust.AllRights, nil }

const (
	gateTimeout    = 10 * time.Second // from being accepted to being let in
	typingTimeout  = 60 * time.Second // likewise, when a person types the cookie by hand
	pairingTimeout = 30 * time.Second // likewise, with the proof of a pairing code
	maxGateWords   = 1 << 10          // nothing in front of a gate is longer
)

// A handshake is a connection whose peer is not let in yet.
type handshake struct {
	*codec.Conn
	watched *link.TimedConn
}

func newHandshake(conn net.Conn) handshake {
	watched := link.NewTimedConn(conn)
	h := handshake{codec.NewConn(watched), watched}
	h.Hand = true
	h.MaxWords = maxGateWords
	return h
}

// admit turns the peer into a guest.
func (h handshake) admit(name string, id trust.ID, may func() (trust.Rights, error)) *Guest {
	h.MaxWords = 0
	return &Guest{name: name, id: id, conn: h.Conn, watched: h.watched, may: may}
}

// refuse tells the peer why it is not let in.
func (h handshake) refuse(why *codec.Error) error {
	return errors.Join(h.WriteWords(codec.ERR, why.Words()...), h.Flush(), h.CloseWrite())
}

// enterWithin runs enter for at most d, after which the connection is closed.
func enterWithin(
	ctx context.Context, d time.Duration, conn net.Conn, enter func(ctx context.Context) (*Guest, error),
) (*Guest, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, d, codec.Errorf(codec.Timeout, "not let in within %v", d))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	g, err := enter(ctx)
	if !stop() && g == nil { // a guest that was let in at the last moment finds its connection closed
		return nil, errors.Join(context.Cause(ctx), err)
	}
	return g, err
}

// ErrSilent is the error of a peer that hangs up without a word, as a port
// scanner does.
var ErrSilent = errors.New("it said nothing")

// A NotableError is one that the person at this computer must see, however many
// others are refused.
type NotableError struct{ Err error }

func (e *NotableError) Error() string { return e.Err.Error() }

// Unwrap returns the error itself.
func (e *NotableError) Unwrap() error { return e.Err }
