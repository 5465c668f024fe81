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

// A Gate decides whether a peer is admitted. The server reads a call only after Enter has
// returned a Guest. Enter may read from and write to the connection. If it returns an
// error, the caller closes the connection.
type Gate interface {
	Enter(ctx context.Context, conn net.Conn) (*Guest, error)
}

// A Guest is a peer that was admitted. Only this package can make one, and a server
// answers the calls of guests only.
type Guest struct {
	name    string
	id      trust.ID // "" if the gate does not identify peers
	conn    *codec.Conn
	watched *link.TimedConn
	paired  bool // by this connection
	// The current rights, or the reason for which the guest is no longer admitted.
	may func() (trust.Rights, error)
}

// NewGuest returns a guest with all rights, for a connection whose peer was authenticated
// by another program, such as the sshd that runs techshd --stdio.
func NewGuest(conn io.ReadWriteCloser, name string) *Guest {
	watched := link.NewTimedConn(conn)
	g := &Guest{name: name, conn: codec.NewConn(watched), watched: watched, may: allRights}
	g.conn.Hand = true
	return g
}

// Name returns the name of the guest, as the owner of this computer knows it.
func (g *Guest) Name() string { return g.name }

// ID returns the ID of the guest, or "" if its gate does not identify peers.
func (g *Guest) ID() trust.ID { return g.id }

// Key returns a text that is different for each peer: its ID, or its name if the gate
// does not identify peers.
func (g *Guest) Key() string { return cmp.Or(string(g.id), g.name) }

// Paired reports whether the guest was paired by this connection.
func (g *Guest) Paired() bool { return g.paired }

// Conn returns the connection, and the TimedConn below it, which sets time limits for
// its reads.
func (g *Guest) Conn() (*codec.Conn, *link.TimedConn) { return g.conn, g.watched }

// Admitted reports whether the guest was made by this package, and is not nil or the zero
// Guest.
func (g *Guest) Admitted() bool { return g != nil && g.may != nil }

// May returns the current rights of the guest. An error is the reason for which the guest
// is no longer admitted.
func (g *Guest) May() (trust.Rights, error) { return g.may() }

// allRights is the May function of a gate without individual rights.
func allRights() (trust.Rights, error) { return trust.AllRights, nil }

const (
	gateTimeout      = 10 * time.Second // the time from accepting a connection to admitting its peer
	handshakeTimeout = 5 * time.Second  // the time for the TLS handshake after the ClientHello
	typingTimeout    = 60 * time.Second // the time from accepting a connection, if a person types the cookie by hand
	pairingTimeout   = 30 * time.Second // the time for the proof that the peer knows a pairing code
	maxGateWords     = 1 << 10          // the longest frame of a peer that is not admitted
)

// A handshake is a connection whose peer is not admitted yet.
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

// admit returns the guest that the peer becomes.
func (h handshake) admit(name string, id trust.ID, may func() (trust.Rights, error)) *Guest {
	h.MaxWords = 0
	return &Guest{name: name, id: id, conn: h.Conn, watched: h.watched, may: may}
}

// refuse sends the peer the reason for which it is not admitted. It returns an error if
// this fails.
func (h handshake) refuse(why *codec.Error) error {
	return errors.Join(h.WriteWords(codec.ERR, why.Words()...), h.Flush(), h.CloseWrite())
}

// enterWithin calls enter, and closes the connection if that takes longer than d.
func enterWithin(
	ctx context.Context, d time.Duration, conn net.Conn, enter func(ctx context.Context) (*Guest, error),
) (*Guest, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, d, codec.Errorf(codec.Timeout, "not let in within %v", d))
	defer cancel()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	g, err := enter(ctx)
	if !stop() && g == nil { // a guest is returned even if its connection was just closed
		return nil, context.Cause(ctx) // err says only that the connection was closed
	}
	return g, err
}

// ErrSilent is the error for a peer that disconnects without sending anything, like a
// port scanner, and for a probe.
var ErrSilent = errors.New("it sent nothing")

// A NotableError is the reason for a refusal that the person at this computer must see.
// It is logged even while refusals are so frequent that other refusals are left out of
// the log.
type NotableError struct{ Err error }

func (e *NotableError) Error() string { return e.Err.Error() }

// Unwrap returns the error itself.
func (e *NotableError) Unwrap() error { return e.Err }
