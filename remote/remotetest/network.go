package remotetest

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote"
	"techsh/remote/access"
)

// A Network is a remote with a server on TLS, and the identities of both sides.
type Network struct {
	*Remote
	Folder *trust.Folder
	Addr   string
	Bare   func(testing.TB) net.Conn  // without TLS
	From   func(host string) net.Conn // like Bare, but from the address in host; only with NewPipes
	Stop   func()
	Self   *trust.Identity
	Peer   *trust.Identity // is called ann, and has all rights
}

// NewNetwork starts a server on TCP. It first calls the functions in change, which may
// set fields of the server.
func NewNetwork(t testing.TB, change ...func(*remote.Server)) *Network {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return newNetworkAt(
		t,
		l,
		func(t testing.TB, n int) net.Conn { return dialFrom(t, n, l.Addr().String()) },
		change...,
	)
}

// NewPipes is like NewNetwork, but over net.Pipe, for tests in a bubble of synctest.
func NewPipes(t testing.TB, change ...func(*remote.Server)) *Network {
	l := &Pipes{Conns: make(chan net.Conn), Closed: make(chan struct{})}
	from := func(host string) net.Conn {
		ours, theirs := net.Pipe()
		l.Conns <- addressed{theirs, &net.TCPAddr{IP: net.ParseIP(host), Port: 1}}
		return ours
	}
	n := newNetworkAt(t, l, func(testing.TB, int) net.Conn { return from("192.0.2.1") }, change...)
	n.From = from
	return n
}

// addressed is one end of a pipe. Its RemoteAddr returns the address in the field from.
type addressed struct {
	net.Conn
	from net.Addr
}

func (a addressed) RemoteAddr() net.Addr { return a.from }

func newNetworkAt(
	t testing.TB,
	l net.Listener,
	connect func(t testing.TB, n int) net.Conn,
	change ...func(*remote.Server),
) *Network {
	folder, err := trust.Open(t.TempDir())
	require.NoError(t, err)
	n := &Network{Remote: &Remote{Dir: t.TempDir(), Log: &LogBuffer{}}, Folder: folder, Addr: l.Addr().String()}
	n.Self, err = folder.Identity()
	require.NoError(t, err)
	n.Peer = n.Invited(t, "ann", trust.AllRights)
	n.Server = &remote.Server{
		Gate: &access.Paired{Identity: n.Self, Peers: folder, Folder: folder, Host: "office-pc"},
		Dir:  n.Dir, Log: slog.New(slog.NewTextHandler(n.Log, nil)),
	}
	for _, f := range change {
		f(n.Server)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = n.Server.Serve(ctx, l)
	}()
	n.Stop = func() {
		cancel()
		<-ended
	}
	t.Cleanup(n.Stop)
	n.Bare = func(t testing.TB) net.Conn { return connect(t, int(n.Dialled.Add(1))) }
	n.Dial = func(t testing.TB) net.Conn { return n.DialAs(t, n.Peer) }
	return n
}

// Pipes is a listener whose connections are net.Pipes.
type Pipes struct {
	Conns  chan net.Conn
	Closed chan struct{}
	once   sync.Once
}

func (p *Pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.Conns:
		return c, nil
	case <-p.Closed:
		return nil, net.ErrClosed
	}
}

func (p *Pipes) Close() error {
	p.once.Do(func() { close(p.Closed) })
	return nil
}

func (p *Pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// Invited adds a peer that has the given rights, and returns its identity.
func (n *Network) Invited(t testing.TB, name string, can trust.Rights) *trust.Identity {
	who, err := trust.NewIdentity()
	require.NoError(t, err)
	_, err = n.Folder.AddPeer(trust.Peer{ID: who.ID, Name: name, Can: can})
	require.NoError(t, err)
	return who
}

// DialAs connects with an identity. It may return before the TLS handshake is complete.
func (n *Network) DialAs(t testing.TB, who *trust.Identity) net.Conn {
	return tls.Client(n.Bare(t), who.Client(n.Self.ID))
}

// As connects with an identity, and returns the session and the HELO of the server.
func (n *Network) As(t testing.TB, who *trust.Identity) (*Client, codec.Hello) {
	conn := n.DialAs(t, who)
	l, hello, err := link.Open(t.Context(), conn, link.Opening{})
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	return &Client{l, t, conn}, hello
}
