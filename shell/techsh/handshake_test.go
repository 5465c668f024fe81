package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec/trust"
)

// webServer returns the configuration of a TLS server with an ECDSA key.
func webServer(t *testing.T, protocols ...string) *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	return &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		NextProtos:   protocols,
	}
}

// secures performs a TLS handshake with a server and returns how long it took on the
// clock of a synctest bubble.
func secures(t *testing.T, config *tls.Config, server func(net.Conn)) (took time.Duration, err error) {
	synctest.Test(t, func(t *testing.T) {
		near, far := net.Pipe()
		over := make(chan struct{})
		go func() {
			defer close(over)
			server(far)
			_, _ = io.Copy(io.Discard, far)
			far.Close()
		}()
		began := time.Now()
		conn, serverErr := secure(t.Context(), near, "192.0.2.7:22", config)
		took, err = time.Since(began), serverErr
		if err == nil {
			conn.NetConn().Close()
		}
		_, writeErr := near.Write([]byte("x"))
		require.ErrorIs(t, writeErr, io.ErrClosedPipe)
		<-over
	})
	return took, err
}

func TestOtherServersAreIdentified(t *testing.T) {
	self, err := trust.NewIdentity()
	require.NoError(t, err)
	says := func(text string) func(net.Conn) {
		return func(c net.Conn) {
			_, _ = c.Read(make([]byte, 4<<10)) // reads the ClientHello
			_, _ = io.WriteString(c, text)
		}
	}
	serves := func(config *tls.Config) func(net.Conn) {
		return func(c net.Conn) { _ = tls.Server(c, config).Handshake() }
	}
	const notTechshd = "192.0.2.7:22 answered, but it is not techshd "
	old := webServer(t, trust.ALPN)
	old.MaxVersion = tls.VersionTLS12
	for name, c := range map[string]struct {
		server func(net.Conn)
		took   time.Duration
		says   string
	}{
		"ssh": {
			server: says("SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n"),
			says:   notTechshd + `(it sent "SSH-2.0-OpenSSH_9.2p1 Debian-2")`,
		},
		"http": {
			server: says("HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n"),
			says:   notTechshd + `(it sent "HTTP/1.1 400 Bad Request")`,
		},
		"nonsense": {
			server: says("\x00\x01\x1b]0;owned\a\u202e and so on, for much longer than anybody wants to read of it"),
			says:   notTechshd + `(it sent "\x00\x01\x1b]0;owned\x07\u{202e} and so on, for much longer than anybody want")`,
		},
		"a plain techshd": {
			server: func(c net.Conn) { _, _ = c.Read(make([]byte, 1)); c.Close() },
			says:   "192.0.2.7:22 took the connection and closed it: it is not techshd, or it is techshd --plain",
		},
		"silence": {
			server: func(net.Conn) {},
			took:   5 * time.Second,
			says:   "192.0.2.7:22 took the connection and was silent for 5s: it hangs, or it is not techshd",
		},
		"less than a word": {
			server: says("220"),
			took:   5 * time.Second,
			says:   notTechshd + `(it sent "220")`,
		},
		"a web server": {
			server: serves(webServer(t, "h2", "http/1.1")),
			says:   notTechshd + "(remote error: tls: no application protocol)",
		},
		"an older one": {
			server: serves(webServer(t)),
			says:   notTechshd + "(it speaks TLS, but not techsh/1)",
		},
		"older TLS": {
			server: serves(old),
			says:   notTechshd + "(remote error: tls: protocol version not supported)",
		},
		"another key kind": {
			server: serves(webServer(t, trust.ALPN)),
			says:   notTechshd + "(its key is not an ed25519 key)",
		},
		"half a handshake": {
			server: says("\x16\x03\x03\x00\x7a\x02"),
			took:   5 * time.Second,
			says:   "192.0.2.7:22 did not finish TLS within 5s",
		},
	} {
		t.Run(name, func(t *testing.T) {
			took, err := secures(t, self.Client(""), c.server)
			require.EqualError(t, err, c.says)
			require.Equal(t, c.took, took)
		})
	}
}

func TestAnotherKeyIsAKeyErrorAndNothingIsSent(t *testing.T) {
	self, err := trust.NewIdentity()
	require.NoError(t, err)
	server, err := trust.NewIdentity()
	require.NoError(t, err)
	var serverErr error
	_, err = secures(t, self.Client(self.ID), func(c net.Conn) { serverErr = tls.Server(c, server.Server()).Handshake() })
	key, ok := errors.AsType[*trust.KeyError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, trust.KeyError{Want: self.ID, Got: server.ID}, *key)
	require.ErrorContains(t, serverErr, "remote error", "the client has not sent its certificate")
}

func TestHandshakeEndsWithItsContext(t *testing.T) {
	self, err := trust.NewIdentity()
	require.NoError(t, err)
	own := errors.New("own")
	near, far := net.Pipe()
	defer far.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		_, _ = far.Read(make([]byte, 1))
		cancel(own)
	}()
	_, err = secure(ctx, near, "pipe", self.Client(""))
	require.Equal(t, own, err)
}

func TestDataRightAfterTheHandshakeIsRead(t *testing.T) {
	self, err := trust.NewIdentity()
	require.NoError(t, err)
	near, far := net.Pipe()
	defer near.Close()
	go func() {
		server := tls.Server(far, self.Server())
		_, _ = server.Write([]byte("hello\n"))
		_, _ = io.Copy(io.Discard, server)
	}()
	conn, err := secure(t.Context(), near, "pipe", self.Client(self.ID))
	require.NoError(t, err)
	line, err := bufio.NewReader(conn).ReadString('\n')
	require.NoError(t, err)
	require.Equal(t, "hello\n", line)
}

func TestAnEndWithoutCloseNotifyIsNoGoodbye(t *testing.T) {
	self, err := trust.NewIdentity()
	require.NoError(t, err)
	near, far := net.Pipe()
	defer near.Close()
	go func() {
		_ = tls.Server(far, self.Server()).Handshake()
		far.Close()
	}()
	conn, err := secure(t.Context(), near, "pipe", self.Client(self.ID))
	require.NoError(t, err)
	_, err = conn.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}
