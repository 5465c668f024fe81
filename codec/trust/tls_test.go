package trust_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"

	"techsh/codec/trust"
)

// shake performs a handshake over net.Pipe, and returns both ends and their errors.
func shake(t testing.TB, client, server *tls.Config) (c, s *tls.Conn, cerr, serr error) {
	near, far := net.Pipe()
	t.Cleanup(func() { near.Close(); far.Close() })
	c, s = tls.Client(near, client), tls.Server(far, server)
	done := make(chan error, 1)
	go func() {
		err := s.HandshakeContext(context.Background())
		if err != nil {
			far.Close()
		}
		done <- err
	}()
	cerr = c.HandshakeContext(context.Background())
	if cerr != nil {
		near.Close()
	} else {
		go func() { _, _ = io.Copy(io.Discard, c) }() // an alert blocks its writer until it is read
	}
	return c, s, cerr, <-done
}

// with returns a copy of a configuration, changed by edit.
func with(c *tls.Config, edit func(c *tls.Config)) *tls.Config {
	c = c.Clone()
	edit(c)
	return c
}

// chain returns one certificate chain made of several certificates.
func chain(first tls.Certificate, more ...tls.Certificate) []tls.Certificate {
	first.Certificate = append([][]byte{}, first.Certificate...)
	for _, c := range more {
		first.Certificate = append(first.Certificate, c.Certificate...)
	}
	return []tls.Certificate{first}
}

func otherKeys(t testing.TB) (rsaCert, ecCert tls.Certificate) {
	r, err := rsa.GenerateKey(rand.Reader, 2048)
	require.NoError(t, err)
	e, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return tls.Certificate{Certificate: [][]byte{certificate(t, r.Public(), r)}, PrivateKey: r},
		tls.Certificate{Certificate: [][]byte{certificate(t, e.Public(), e)}, PrivateKey: e}
}

func TestBothEndsProveTheirIDs(t *testing.T) {
	ann, office := newIdentity(t), newIdentity(t)
	for _, pin := range []trust.ID{office.ID, ""} {
		c, s, cerr, serr := shake(t, ann.Client(pin), office.Server())
		require.NoError(t, cerr)
		require.NoError(t, serr)
		require.Equal(t, office.ID, trust.PeerID(c.ConnectionState()))
		require.Equal(t, ann.ID, trust.PeerID(s.ConnectionState()))
		require.Equal(t, uint16(tls.VersionTLS13), s.ConnectionState().Version)
	}
}

func TestChangedKeyEndsTheHandshake(t *testing.T) {
	ann, office, other := newIdentity(t), newIdentity(t), newIdentity(t)
	_, _, cerr, serr := shake(t, ann.Client(office.ID), other.Server())
	var key *trust.KeyError
	require.ErrorAs(t, cerr, &key)
	require.Equal(t, trust.KeyError{Want: office.ID, Got: other.ID}, *key)
	require.EqualError(
		t, key,
		"it answered with another key than the one paired (expected "+office.ID.Short()+", got "+other.ID.Short()+")",
	)
	_ = serr // the server may be done before the client checks the key
}

func TestClientWithoutACertificateHasNoID(t *testing.T) {
	ann, office := newIdentity(t), newIdentity(t)
	_, s, cerr, serr := shake(
		t, with(ann.Client(office.ID), func(c *tls.Config) { c.Certificates = nil }), office.Server(),
	)
	require.NoError(t, cerr)
	require.NoError(t, serr)
	require.Empty(t, trust.PeerID(s.ConnectionState()))
}

// The client's half of the handshake succeeds; only the server refuses it.
func TestServerRefusesClientsThatAreNoTechsh(t *testing.T) {
	ann, office := newIdentity(t), newIdentity(t)
	rsaCert, ecCert := otherKeys(t)
	for what, row := range map[string]struct {
		edit func(c *tls.Config)
		says string
	}{
		"TLS 1.2": {
			func(c *tls.Config) { c.MinVersion, c.MaxVersion = 0, tls.VersionTLS12 },
			"unsupported versions",
		},
		"another protocol": {
			func(c *tls.Config) { c.NextProtos = []string{"h2", "http/1.1"} },
			"unsupported application protocols",
		},
		"no protocol": {
			func(c *tls.Config) { c.NextProtos = nil }, "it speaks TLS, but not techsh/1",
		},
		"no protocol and no certificate": {
			func(c *tls.Config) { c.NextProtos, c.Certificates = nil, nil },
			"it speaks TLS, but not techsh/1",
		},
		"two certificates": {func(c *tls.Config) {
			c.Certificates = chain(ann.Certificate, office.Certificate)
		}, "it sent 2 certificates, not one"},
		"an RSA key": {
			func(c *tls.Config) { c.Certificates = []tls.Certificate{rsaCert} },
			"its key is not an ed25519 key",
		},
		"an ECDSA key": {
			func(c *tls.Config) { c.Certificates = []tls.Certificate{ecCert} },
			"its key is not an ed25519 key",
		},
	} {
		t.Run(what, func(t *testing.T) {
			_, _, _, serr := shake(t, with(ann.Client(office.ID), func(c *tls.Config) {
				c.VerifyConnection = nil
				row.edit(c)
			}), office.Server())
			require.ErrorContains(t, serr, row.says)
		})
	}
}

func TestClientRefusesServersThatAreNoTechsh(t *testing.T) {
	ann, office := newIdentity(t), newIdentity(t)
	rsaCert, ecCert := otherKeys(t)
	for what, row := range map[string]struct {
		edit func(c *tls.Config)
		says string
	}{
		"TLS 1.2": {
			func(c *tls.Config) { c.MinVersion, c.MaxVersion = 0, tls.VersionTLS12 },
			"protocol version",
		},
		"another protocol": {func(c *tls.Config) { c.NextProtos = []string{"h2"} }, "no application protocol"},
		"no protocol":      {func(c *tls.Config) { c.NextProtos = nil }, "it speaks TLS, but not techsh/1"},
		"two certificates": {func(c *tls.Config) {
			c.Certificates = chain(office.Certificate, ann.Certificate)
		}, "it sent 2 certificates, not one"},
		"an RSA key": {
			func(c *tls.Config) { c.Certificates = []tls.Certificate{rsaCert} },
			"its key is not an ed25519 key",
		},
		"an ECDSA key": {
			func(c *tls.Config) { c.Certificates = []tls.Certificate{ecCert} },
			"its key is not an ed25519 key",
		},
	} {
		t.Run(what, func(t *testing.T) {
			_, _, cerr, _ := shake(t, ann.Client(""), with(office.Server(), func(c *tls.Config) {
				c.VerifyConnection = nil
				row.edit(c)
			}))
			require.ErrorContains(t, cerr, row.says)
		})
	}
}

// sessions keeps the tickets that a server issues.
type sessions chan *tls.ClientSessionState

func (s sessions) Get(string) (*tls.ClientSessionState, bool)  { return nil, false }
func (s sessions) Put(_ string, state *tls.ClientSessionState) { s <- state }

func TestServerGivesNoTicketsToResumeWith(t *testing.T) {
	ann, office := newIdentity(t), newIdentity(t)
	for _, tickets := range []bool{false, true} { // true checks that this test notices tickets
		cache := make(sessions, 10)
		near, far := net.Pipe()
		c := tls.Client(near, with(ann.Client(office.ID), func(c *tls.Config) {
			c.ClientSessionCache, c.ServerName, c.SessionTicketsDisabled = cache, "office", false
		}))
		config := office.Server()
		config.SessionTicketsDisabled = config.SessionTicketsDisabled && !tickets
		s := tls.Server(far, config)
		done := make(chan error, 1)
		go func() {
			_, err := s.Write([]byte("x")) // arrives after the tickets, if there are any
			done <- err
		}()
		_, err := c.Read(make([]byte, 1))
		require.NoError(t, err)
		require.NoError(t, <-done)
		require.Equal(t, tickets, len(cache) > 0)
		near.Close()
		far.Close()
	}
}

// A client with a session ticket must pass the same checks.
func TestClientResumesNothing(t *testing.T) {
	c := newIdentity(t).Client("")
	require.True(t, c.SessionTicketsDisabled)
	require.Nil(t, c.ClientSessionCache)
	require.Nil(t, c.VerifyPeerCertificate, "a resumed connection passes it by")
	require.NotNil(t, c.VerifyConnection)
}

// An attacker on the way can end a connection between two records, but cannot send
// close_notify.
func TestAnEndWithoutCloseNotifyIsNotEOF(t *testing.T) {
	ann, office := newIdentity(t), newIdentity(t)
	for name, row := range map[string]struct {
		end  func(s *tls.Conn) error
		want error
	}{
		"close_notify": {(*tls.Conn).Close, io.EOF},
		"half-close, then the end": {
			func(s *tls.Conn) error { return errors.Join(s.CloseWrite(), s.NetConn().Close()) }, io.EOF,
		},
		"the end": {func(s *tls.Conn) error { return s.NetConn().Close() }, io.ErrUnexpectedEOF},
		"the end inside a record": {func(s *tls.Conn) error {
			_, err := s.NetConn().Write([]byte{23, 3, 3, 0, 100, 1})
			return errors.Join(err, s.NetConn().Close())
		}, io.ErrUnexpectedEOF},
	} {
		t.Run(name, func(t *testing.T) {
			near, far := net.Pipe()
			t.Cleanup(func() { near.Close(); far.Close() })
			c := tls.Client(trust.StrictEOF(near), ann.Client(office.ID))
			s := tls.Server(far, office.Server())
			sent := make(chan error, 1)
			go func() {
				_, err := s.Write([]byte("hello"))
				sent <- errors.Join(err, row.end(s))
			}()
			got, err := io.ReadAll(c)
			if err == nil {
				err = io.EOF
			}
			require.ErrorIs(t, err, row.want)
			require.Equal(t, "hello", string(got))
			require.NoError(t, <-sent)
		})
	}
}

// The last bytes of a connection are not lost if its end comes with them.
func TestStrictEOFReturnsTheLastBytesFirst(t *testing.T) {
	conn := trust.StrictEOF(lastRead{r: iotest.DataErrReader(strings.NewReader("last"))})
	b := make([]byte, 10)
	n, err := conn.Read(b)
	require.NoError(t, err)
	require.Equal(t, "last", string(b[:n]))
	_, err = conn.Read(b)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

type lastRead struct {
	net.Conn
	r io.Reader
}

func (c lastRead) Read(p []byte) (int, error) { return c.r.Read(p) }
