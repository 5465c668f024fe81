package trust

import (
	"crypto/ed25519"
	"crypto/subtle"
	"crypto/tls"
	"fmt"
	"io"
	"net"

	"techsh/codec"
)

// ALPN is the application protocol that both ends of a TLS connection must name (RFC
// 7301).
const ALPN = "techsh/1"

// Server returns the TLS configuration of a server: TLS 1.3 only, no resumption. It
// accepts any client that has no certificate or one ed25519 certificate. The caller
// decides by the PeerID whether to serve the client.
func (i *Identity) Server() *tls.Config {
	c := i.config()
	c.ClientAuth = tls.RequestClientCert
	c.VerifyConnection = func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return checkALPN(state) // accepted, so that the server can tell the client why it is refused
		}
		return checkPeer(state)
	}
	return c
}

// Client returns the TLS configuration of a client. The client accepts only the server
// whose ID is pin. With any other server the handshake fails with a *KeyError. If pin is
// empty, the client accepts any techsh server, and PeerID returns the ID of the server.
func (i *Identity) Client(pin ID) *tls.Config {
	c := i.config()
	c.InsecureSkipVerify = true // the pin replaces the checks of authorities, names and dates
	c.VerifyConnection = func(state tls.ConnectionState) error {
		if err := checkPeer(state); err != nil {
			return err
		}
		got := PeerID(state)
		if pin != "" && subtle.ConstantTimeCompare([]byte(got), []byte(pin)) != 1 {
			return &KeyError{Want: pin, Got: got}
		}
		return nil
	}
	return c
}

// probeName is the server name that a client sends in its ClientHello if it is only a
// probe.
const probeName = "probe.invalid"

// Probe returns the TLS configuration of a client that wants to know whether the server
// with the ID pin answers, and nothing else. The server hangs up after the handshake.
func (i *Identity) Probe(pin ID) *tls.Config {
	c := i.Client(pin)
	c.ServerName = probeName
	return c
}

// IsProbe reports whether the client of a connection uses the configuration of Probe.
func IsProbe(state tls.ConnectionState) bool { return state.ServerName == probeName }

// config returns the part of the configuration that both ends have in common. Both check
// their peer in VerifyConnection, the only callback that also runs for resumed
// connections.
func (i *Identity) config() *tls.Config {
	return &tls.Config{
		Certificates:           []tls.Certificate{i.Certificate},
		MinVersion:             tls.VersionTLS13,
		NextProtos:             []string{ALPN},
		SessionTicketsDisabled: true,
	}
}

// checkPeer refuses a peer that has not named the ALPN, or does not have exactly one
// certificate, with an ed25519 key.
func checkPeer(state tls.ConnectionState) error {
	if err := checkALPN(state); err != nil {
		return err
	}
	if n := len(state.PeerCertificates); n != 1 {
		return codec.Errorf(codec.NotAllowed, "it sent %d certificates, not one", n)
	}
	if _, ok := state.PeerCertificates[0].PublicKey.(ed25519.PublicKey); !ok {
		return codec.Errorf(codec.NotAllowed, "its key is not an ed25519 key")
	}
	return nil
}

func checkALPN(state tls.ConnectionState) error {
	if state.NegotiatedProtocol != ALPN {
		return codec.Errorf(codec.NotAllowed, "it speaks TLS, but not %s", ALPN)
	}
	return nil
}

// A KeyError is the error for a server whose key is not the pinned one.
type KeyError struct{ Want, Got ID }

// Error names both IDs.
func (e *KeyError) Error() string {
	return fmt.Sprintf(
		"it answered with another key than the one paired (expected %s, got %s)", e.Want.Short(),
		e.Got.Short(),
	)
}

// StrictEOF returns a connection over conn to run TLS on. If its input ends without the
// close_notify of the peer, the error of tls.Conn.Read is then an io.ErrUnexpectedEOF, not
// io.EOF.
func StrictEOF(conn net.Conn) net.Conn { return strictConn{conn} }

// A strictConn never returns io.EOF from Read, because crypto/tls would return this
// io.EOF to its caller if it came between two records. After close_notify crypto/tls does
// not read any more.
type strictConn struct{ net.Conn }

var errNoCloseNotify = fmt.Errorf("%w: no close_notify", io.ErrUnexpectedEOF)

// Read implements io.Reader.
func (c strictConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	switch {
	case err == io.EOF && n > 0:
		err = nil // crypto/tls would drop the bytes; the next read returns the error
	case err == io.EOF:
		err = errNoCloseNotify
	}
	return n, err
}

// PeerID returns the ID of the other end after the handshake. It is empty for a client
// without a certificate.
func PeerID(state tls.ConnectionState) ID {
	if len(state.PeerCertificates) != 1 {
		return ""
	}
	return idOf(state.PeerCertificates[0].RawSubjectPublicKeyInfo)
}
