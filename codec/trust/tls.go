package trust

import (
	"crypto/ed25519"
	"crypto/subtle"
	"crypto/tls"
	"fmt"

	"techsh/codec"
)

// ALPN is the protocol that both ends of a TLS connection must name (RFC 7301).
const ALPN = "techsh/1"

// Server returns the TLS configuration of a server: TLS 1.3 only, no
// resumption, and any client that has one ed25519 certificate, or none.
// Whoever that is has not been let in: PeerID tells who it is.
func (i *Identity) Server() *tls.Config {
	c := i.config()
	c.ClientAuth = tls.RequestClientCert
	c.VerifyConnection = func(state tls.ConnectionState) error {
		if len(state.PeerCertificates) == 0 {
			return checkALPN(state) // it shall read why it is not let in
		}
		return checkPeer(state)
	}
	return c
}

// Client returns the TLS configuration of a client that talks to the server pin
// only, or, with an empty pin, to any techsh server, whose ID PeerID tells.
// Another key makes the handshake fail with a *KeyError.
func (i *Identity) Client(pin ID) *tls.Config {
	c := i.config()
	c.InsecureSkipVerify = true // the pin takes the place of authorities, names and dates
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

// config is what both ends have in common. They check in VerifyConnection: it
// is the one hook that a resumed connection passes as well.
func (i *Identity) config() *tls.Config {
	return &tls.Config{
		Certificates:           []tls.Certificate{i.Certificate},
		MinVersion:             tls.VersionTLS13,
		NextProtos:             []string{ALPN},
		SessionTicketsDisabled: true,
	}
}

// checkPeer refuses a peer that is no techsh with an identity.
func checkPeer(state tls.ConnectionState) error {
	if err := checkALPN(state); err != nil {
		return err
	}
	if n := len(state.PeerCertificates); n != 1 {
		return codec.Errorf(codec.NotAllowed, "it sent %d certificates, not one", n)
	}
	if _, ok := state.PeerCertificates[0].PublicKey.(ed25519.PublicKey); !ok {
		return codec.Errorf(codec.NotAllowed, "its key is of another kind than ed25519")
	}
	return nil
}

func checkALPN(state tls.ConnectionState) error {
	if state.NegotiatedProtocol != ALPN {
		return codec.Errorf(codec.NotAllowed, "it speaks TLS, but not %s", ALPN)
	}
	return nil
}

// A KeyError says that a server answered with another key than the pinned
// one.
type KeyError struct{ Want, Got ID }

// Error says so.
func (e *KeyError) Error() string {
	return fmt.Sprintf("it answered with another key than the one paired (expected %s, got %s)", e.Want.Short(), e.Got.Short())
}

// PeerID returns who is at the other end after the handshake; "" for a client
// without a certificate: that is nobody.
func PeerID(state tls.ConnectionState) ID {
	if len(state.PeerCertificates) != 1 {
		return ""
	}
	return idOf(state.PeerCertificates[0].RawSubjectPublicKeyInfo)
}
