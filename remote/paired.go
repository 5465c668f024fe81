package remote

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

// Peers tells who may speak, by the ID that TLS has proved. Its errors are
// trust.ErrUnknown, trust.ErrExpired, or that it cannot know.
type Peers interface {
	Peer(id trust.ID) (trust.Peer, error)
}

// Paired is the gate of the network: TLS 1.3 with this computer's identity, for
// clients that Peers knows by theirs. Who is unknown gets to read that, and may
// be paired when a code is open.
type Paired struct {
	Identity *trust.Identity
	Peers    Peers
	Folder   *trust.Folder // where new peers and codes are; nil pairs nobody
	Host     string        // what this computer calls itself
}

// Enter does the handshake and decides after it.
func (g *Paired) Enter(ctx context.Context, conn net.Conn) (*Guest, error) {
	t := tls.Server(conn, g.Identity.Server())
	var k knock
	pairing := false
	guest, err := inTime(ctx, gateTime, conn, func(ctx context.Context) (*Guest, error) {
		if err := t.HandshakeContext(ctx); err != nil {
			if err == io.EOF {
				return nil, errSilent
			}
			return nil, fmt.Errorf("TLS: %w", err)
		}
		k = newKnock(&secured{Conn: t})
		id := trust.PeerID(t.ConnectionState())
		guest, err := g.known(k, id)
		if err == nil {
			return guest, nil
		}
		var why *codec.Error
		if pairing, why, err = g.unpaired(id, err); pairing {
			return nil, errors.Join(k.WriteWords(codec.ERR, why.Words()...), k.Flush())
		}
		if err != nil {
			err = &notable{err}
		} else {
			err = reasonHere(id, why)
		}
		return nil, errors.Join(err, k.refuse(why))
	})
	if !pairing || err != nil {
		return guest, err
	}
	return inTime(ctx, pairingTime, conn, func(ctx context.Context) (*Guest, error) { return g.pair(ctx, k, t.ConnectionState()) })
}

// errSilent is who hangs up without a word, such as one who only looks whether
// somebody listens.
var errSilent = errors.New("it said nothing")

// known lets in whom Peers knows.
func (g *Paired) known(k knock, id trust.ID) (*Guest, error) {
	peer, err := g.Peers.Peer(id) // who has no certificate has no ID, and is nobody's peer
	if err != nil {
		return nil, err
	}
	return k.admit(peer.Name, id, func() (trust.Rights, error) {
		peer, err := g.Peers.Peer(id)
		switch {
		case errors.Is(err, trust.ErrExpired):
			err = codec.Errorf(codec.Unpaired, "its time is over")
		case errors.Is(err, trust.ErrUnknown):
			err = codec.Errorf(codec.Unpaired, "it was revoked")
		case err != nil: // the first of the two is for the guest
			err = fmt.Errorf("%w: %w", g.unreadable(), err)
		}
		return peer.Can, err
	}), nil
}

// unpaired words why a client is not let in, and says whether a code is open.
// err is what the owner of this computer should know of besides.
func (g *Paired) unpaired(id trust.ID, reason error) (pairing bool, why *codec.Error, err error) {
	why = codec.Errorf(codec.Unpaired, "%s does not know this computer (ID %s)", g.Host, id.Short())
	why.Hint = `ask its owner to run "techshd invite", then use "techsh pair" here`
	switch {
	case id == "":
		why.Text = g.Host + " takes nobody without a certificate"
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

// reasonHere says to the person here what why says to the other one.
func reasonHere(id trust.ID, why *codec.Error) error {
	switch {
	case id == "":
		return errors.New("it has no certificate")
	case why.Code == codec.Unpaired:
		return fmt.Errorf("it is not paired (ID %s): techshd invite would make a code", id.Short())
	}
	return why
}

func (g *Paired) unreadable() *codec.Error {
	e := codec.Errorf(codec.Internal, "%s cannot read whom it knows, and lets nobody in", g.Host)
	e.Hint = "the console of techshd on that computer has the reason"
	return e
}

// pair waits for one proof that the client knows the open code.
func (g *Paired) pair(ctx context.Context, k knock, state tls.ConnectionState) (*Guest, error) {
	peer, err := trust.Issue(ctx, k.Conn, state, g.Identity, g.Folder, g.Host)
	if err != nil {
		_ = k.CloseWrite()
		if _, tried := errors.AsType[*trust.TryError](err); tried {
			err = &notable{err}
		}
		return nil, fmt.Errorf("pairing: %w", err)
	}
	guest, err := g.known(k, peer.ID)
	if err != nil { // it was revoked in the same moment
		return nil, &notable{fmt.Errorf("paired as %s: %w", peer.Name, err)}
	}
	guest.fresh = true
	return guest, nil
}

// A secured connection is closed at once when its end has been said: the
// peer may not read that.
type secured struct {
	*tls.Conn
	parting atomic.Bool
}

// CloseWrite says that no more comes.
func (s *secured) CloseWrite() error {
	s.parting.Store(true)
	return s.Conn.CloseWrite()
}

// Close ends both directions.
func (s *secured) Close() error {
	if s.parting.Load() {
		return s.NetConn().Close()
	}
	return s.Conn.Close()
}
