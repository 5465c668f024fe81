package trust_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/trust"
)

// A pairingServer is a helped computer with which clients can pair.
type pairingServer struct {
	*trust.Identity
	folder *trust.Folder
	dir    string
	host   string // its name for itself
}

func newPairingServer(t testing.TB) pairingServer {
	f, dir := folder(t)
	return pairingServer{newIdentity(t), f, dir, "office-pc"}
}

func (o pairingServer) invite(t testing.TB, can trust.Rights, lasts time.Duration) trust.Invitation {
	code, err := o.folder.Invite(can, lasts)
	require.NoError(t, err)
	return code
}

// answer handles one connection and returns the result of Issue.
func (o pairingServer) answer(ctx context.Context, conn net.Conn) (trust.Peer, error) {
	defer conn.Close()
	s := tls.Server(conn, o.Server())
	if err := s.HandshakeContext(ctx); err != nil {
		return trust.Peer{}, err
	}
	c := codec.NewConn(s)
	peer, err := trust.QuickIssue(ctx, c, s.ConnectionState(), o.Identity, o.folder, o.host)
	if err == nil { // as after pairing with a real server
		err = errors.Join(c.WriteWords(codec.HELO), c.Flush())
	}
	_ = c.CloseWrite()
	c.Drop()
	return peer, err
}

// visit connects a client to the server.
func (o pairingServer) visit(t testing.TB, self *trust.Identity, pin trust.ID) *pairingClient {
	near, far := loopback(t)
	return o.visitOver(t, near, far, self, self.Client(pin))
}

// loopback returns the two ends of a connection. Over a pipe both ends of a TLS
// connection would block while closing it.
func loopback(t testing.TB) (near, far net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	near, err = net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	far, err = l.Accept()
	require.NoError(t, err)
	return near, far
}

func (o pairingServer) visitOver(
	t testing.TB, near, far net.Conn, self *trust.Identity, config *tls.Config,
) *pairingClient {
	v := &pairingClient{self: self, tls: tls.Client(near, config), issued: make(chan issued, 1)}
	go func() {
		peer, err := o.answer(context.Background(), far)
		v.issued <- issued{peer, err}
	}()
	t.Cleanup(func() { near.Close() })
	return v
}

type pairingClient struct {
	self   *trust.Identity
	tls    *tls.Conn
	issued chan issued
}

// issued is the result of a visit on the server.
type issued struct {
	peer trust.Peer
	err  error
}

// join tries a code and returns the results of both sides.
func (v *pairingClient) join(secret trust.Secret) (there issued, host string, err error) {
	ctx := context.Background()
	if err = v.tls.HandshakeContext(ctx); err == nil {
		conn := codec.NewConn(v.tls)
		host, err = trust.QuickJoin(ctx, conn, v.tls.ConnectionState(), v.self, secret, "ann")
		if err == nil {
			_, err = conn.ReadFrame() // HELO
		}
	}
	v.hangUp()
	return <-v.issued, host, err
}

// hangUp closes the connection without close_notify, which could block.
func (v *pairingClient) hangUp() { v.tls.NetConn().Close() }

// say sends raw bytes to the server and returns the answer.
func (v *pairingClient) say(t testing.TB, text string) (answer string, i issued) {
	_, err := io.WriteString(v.tls, text)
	require.NoError(t, err)
	require.NoError(t, v.tls.CloseWrite())
	b, err := io.ReadAll(v.tls)
	require.NoError(t, err)
	return string(b), <-v.issued
}

// frame returns the bytes of a frame.
func frame(t testing.TB, verb, body string) string {
	var b strings.Builder
	c := codec.NewConn(struct {
		io.Reader
		io.Writer
		io.Closer
	}{Writer: &b})
	require.NoError(t, errors.Join(c.Write(codec.MakeVerb(verb), []byte(body)), c.Flush()))
	return b.String()
}

func line(code trust.Invitation) trust.Secret { return trust.Secret{Kind: "line", Text: code.Token} }

var wrongLine = trust.Secret{Kind: "line", Text: token}

func requireCode(t testing.TB, err error, code codec.Code, text string) {
	t.Helper()
	require.ErrorIs(t, err, codec.Errorf(code, ""))
	require.ErrorContains(t, err, text)
}
