package access

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"

	"techsh/codec"
	"techsh/codec/trust"
)

// Peers looks up the peer with an ID that TLS has proved. The errors are
// trust.ErrUnknown, trust.ErrExpired, or an error of the lookup.
type Peers interface {
	Peer(id trust.ID) (trust.Peer, error)
}

// Paired is the gate for connections over a network: TLS 1.3 with the identity of this
// computer, for clients whose ID Peers knows. An unknown client gets ERR unpaired, and
// may be paired while a pairing code is open.
type Paired struct {
	Identity *trust.Identity
	Peers    Peers
	Folder   *trust.Folder // stores pairing codes and new peers; nil means that nobody can be paired
	Host     string        // the name of this computer
}

// Enter performs the TLS handshake and then decides about the peer.
func (g *Paired) Enter(ctx context.Context, conn net.Conn) (*Guest, error) {
	var h handshake
	var state tls.ConnectionState
	pairing := false
	guest, err := enterWithin(ctx, gateTimeout, conn, func(ctx context.Context) (*Guest, error) {
		t, err := g.shakeHands(ctx, conn)
		if err != nil {
			return nil, err
		}
		h, state = newHandshake(&tlsConn{Conn: t}), t.ConnectionState()
		if trust.IsProbe(state) {
			return nil, ErrSilent
		}
		id := trust.PeerID(state)
		guest, err := g.known(h, id)
		if err == nil {
			return guest, nil
		}
		var why *codec.Error
		if pairing, why, err = g.unpaired(id, err); pairing {
			if err := advance(conn, stagePairing); err != nil {
				pairing = false
				return nil, errors.Join(err, h.refuse(codec.Explain("", err)))
			}
			return nil, errors.Join(h.WriteWords(codec.ERR, why.Words()...), h.Flush())
		}
		if err != nil {
			err = &NotableError{err}
		} else {
			err = localReason(id, why)
		}
		return nil, errors.Join(err, h.refuse(why))
	})
	if !pairing || err != nil {
		return guest, err
	}
	return enterWithin(ctx, pairingTimeout, conn, func(ctx context.Context) (*Guest, error) {
		return g.pair(ctx, h, state)
	})
}

// shakeHands waits for a ClientHello and performs the TLS handshake.
func (g *Paired) shakeHands(ctx context.Context, conn net.Conn) (*tls.Conn, error) {
	hello, err := readClientHello(conn)
	if err != nil {
		if err == io.EOF && len(hello) == 0 {
			return nil, ErrSilent
		}
		return nil, fmt.Errorf("TLS: %w", err)
	}
	if err := advance(conn, stageSpeaking); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, handshakeTimeout,
		codec.Errorf(codec.Timeout, "its handshake took more than %v", handshakeTimeout))
	defer cancel()
	t := tls.Server(trust.StrictEOF(&replayedConn{conn, hello}), g.Identity.Server())
	if err := t.HandshakeContext(ctx); err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, fmt.Errorf("TLS: %w", err)
	}
	return t, nil
}

// known admits a client that Peers knows.
func (g *Paired) known(h handshake, id trust.ID) (*Guest, error) {
	peer, err := g.Peers.Peer(id) // without a certificate the ID is "", which no peer has
	if err != nil {
		return nil, err
	}
	return h.admit(peer.Name, id, func() (trust.Rights, error) {
		peer, err := g.Peers.Peer(id)
		switch {
		case errors.Is(err, trust.ErrExpired):
			err = codec.Errorf(codec.Unpaired, "its time is over")
		case errors.Is(err, trust.ErrUnknown):
			err = codec.Errorf(codec.Unpaired, "it was revoked")
		case err != nil: // the client gets only the first of these two errors
			err = fmt.Errorf("%w: %w", g.unreadable(), err)
		}
		return peer.Can, err
	}), nil
}

// unpaired decides about a client that Peers does not admit. reason is the error of
// Peers. pairing reports whether the client may be paired, because a pairing code is
// open. why is the error to send to the client, and err is an error that the owner of
// this computer should see.
func (g *Paired) unpaired(id trust.ID, reason error) (pairing bool, why *codec.Error, err error) {
	why = codec.Errorf(codec.Unpaired, "%s does not know this computer (ID %s)", g.Host, id.Short())
	why.Hint = `ask its owner to run "techshd invite", then use "techsh pair" on this computer`
	switch {
	case id == "":
		why.Text = g.Host + " requires a certificate"
		why.Hint = "techsh has one; openssl takes it with -cert identity.pem -key identity.pem"
	case errors.Is(reason, trust.ErrExpired):
		why.Text = fmt.Sprintf("the time for which %s knew this computer (ID %s) is over", g.Host, id.Short())
	case !errors.Is(reason, trust.ErrUnknown):
		return false, g.unreadable(), reason
	}
	state := "closed"
	if id != "" && g.Folder != nil {
		if _, err = g.Folder.Invitation(); err == nil {
			pairing, state = true, "open"
		} else if errors.Is(err, trust.ErrClosed) {
			err = nil
		}
	}
	why.More = codec.Pairs{{Key: "pairing", Value: state}, {Key: "host", Value: g.Host}}
	return pairing, why, err
}

// localReason returns the reason for which a client was refused, in words for the person
// at this computer.
func localReason(id trust.ID, why *codec.Error) error {
	switch {
	case id == "":
		return errors.New("it has no certificate")
	case why.Code == codec.Unpaired:
		return fmt.Errorf("it is not paired (ID %s): techshd invite would make a code", id.Short())
	}
	return why
}

func (g *Paired) unreadable() *codec.Error {
	e := codec.Errorf(codec.Internal, "%s cannot read its peers, and lets nobody in", g.Host)
	e.Hint = "the console of techshd on that computer has the reason"
	return e
}

// pair waits for one proof that the client knows the open code.
func (g *Paired) pair(ctx context.Context, h handshake, state tls.ConnectionState) (*Guest, error) {
	peer, err := trust.Issue(ctx, h.Conn, state, g.Identity, g.Folder, g.Host)
	if err != nil {
		_ = h.CloseWrite()
		if _, tried := errors.AsType[*trust.TryError](err); tried {
			err = &NotableError{err}
		}
		return nil, fmt.Errorf("pairing: %w", err)
	}
	guest, err := g.known(h, peer.ID)
	if err != nil { // the new peer was revoked at the same moment
		return nil, &NotableError{fmt.Errorf("paired as %s: %w", peer.Name, err)}
	}
	guest.paired = true
	return guest, nil
}

// A tlsConn can be closed at once after its CloseWrite, even if the peer does not read
// the alert that TLS sends.
type tlsConn struct {
	*tls.Conn
	ending atomic.Bool
}

// CloseWrite sends close_notify.
func (c *tlsConn) CloseWrite() error {
	c.ending.Store(true)
	return c.Conn.CloseWrite()
}

// Close closes both directions.
func (c *tlsConn) Close() error {
	if c.ending.Load() {
		return c.NetConn().Close()
	}
	return c.Conn.Close()
}
