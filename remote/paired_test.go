package remote_test

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote"
)

// A network is a helped computer with a server on TLS, and a technician's.
type network struct {
	*helped
	folder *trust.Folder
	addr   string
	bare   func(testing.TB) net.Conn // without TLS
	stop   func()
	self   *trust.Identity
	peer   *trust.Identity // may do everything, as ann
}

// newNetwork makes a server on TCP; change may set fields of it before it
// starts.
func newNetwork(t testing.TB, change ...func(*remote.Server)) *network {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return newNetworkAt(t, l, func(t testing.TB, n int) net.Conn { return dialFrom(t, n, l.Addr().String()) }, change...)
}

// newPipes is newNetwork over net.Pipe, where time can be a test's own.
func newPipes(t testing.TB, change ...func(*remote.Server)) *network {
	l := &pipes{conns: make(chan net.Conn), closed: make(chan struct{})}
	return newNetworkAt(t, l, func(testing.TB, int) net.Conn {
		ours, theirs := net.Pipe()
		l.conns <- theirs
		return ours
	}, change...)
}

func newNetworkAt(t testing.TB, l net.Listener, connect func(t testing.TB, n int) net.Conn, change ...func(*remote.Server)) *network {
	folder, err := trust.Open(t.TempDir())
	require.NoError(t, err)
	n := &network{helped: &helped{dir: t.TempDir(), log: &journal{}}, folder: folder, addr: l.Addr().String()}
	n.self, err = folder.Identity()
	require.NoError(t, err)
	n.peer = n.invited(t, "ann", trust.AllRights)
	n.server = &remote.Server{
		Gate: &remote.Paired{Identity: n.self, Peers: folder, Folder: folder, Host: "office-pc"},
		Dir:  n.dir, Log: slog.New(slog.NewTextHandler(n.log, nil)),
	}
	for _, f := range change {
		f(n.server)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = n.server.Serve(ctx, l)
	}()
	n.stop = func() {
		cancel()
		<-ended
	}
	t.Cleanup(n.stop)
	n.bare = func(t testing.TB) net.Conn { return connect(t, int(n.dialled.Add(1))) }
	n.dial = func(t testing.TB) net.Conn { return n.dialAs(t, n.peer) }
	return n
}

// pipes is a listener of net.Pipes.
type pipes struct {
	conns  chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

// invited makes somebody who may control the helped computer.
func (n *network) invited(t testing.TB, name string, can trust.Rights) *trust.Identity {
	who, err := trust.NewIdentity()
	require.NoError(t, err)
	_, err = n.folder.AddPeer(trust.Peer{ID: who.ID, Name: name, Can: can})
	require.NoError(t, err)
	return who
}

// dialAs connects as who. Not all of TLS need be over then.
func (n *network) dialAs(t testing.TB, who *trust.Identity) net.Conn {
	return tls.Client(n.bare(t), who.Client(n.self.ID))
}

// as is a session of who.
func (n *network) as(t testing.TB, who *trust.Identity) (*client, codec.Hello) {
	conn := n.dialAs(t, who)
	l, hello, err := link.Open(t.Context(), conn, link.Opening{})
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	return &client{l, t, conn}, hello
}

func TestPairedClientIsLetInUnderItsName(t *testing.T) {
	n := newNetwork(t)
	c, hello := n.as(t, n.peer)
	require.Equal(t, codec.Pairs{{Key: "peer", Value: "ann"}, {Key: "may", Value: "dir,get,put,del,exec,shot,info"}}, hello.More)
	c.ok("PWD")
	_, hello = n.as(t, n.invited(t, "bob", trust.Info))
	also, _ := hello.More.Get("also")
	require.Equal(t, "ann", also)
	require.Contains(t, n.log.String(), "msg=connected session=2 peer=bob")
}

// The verbs come from the table itself, so that a new one is covered.
func TestNoVerbIsReachedByWhoWasNotLetIn(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	plain := newHelped(t, true)
	stranger, err := trust.NewIdentity()
	require.NoError(t, err)
	revoked, expired := n.invited(t, "rita", trust.AllRights), n.invited(t, "eve", trust.AllRights)
	_, err = n.folder.Revoke("rita")
	require.NoError(t, err)
	_, err = n.folder.AddPeer(trust.Peer{ID: expired.ID, Name: "eve", Can: trust.AllRights, Until: time.Now().Add(-time.Hour)})
	require.NoError(t, err)

	as := func(who *trust.Identity, change func(*tls.Config)) func(t *testing.T) net.Conn {
		return func(t *testing.T) net.Conn {
			config := who.Client(n.self.ID)
			change(config)
			return tls.Client(n.bare(t), config)
		}
	}
	same := func(*tls.Config) {}
	after := func(dial func(t *testing.T) net.Conn, text string) func(t *testing.T) net.Conn {
		return func(t *testing.T) net.Conn {
			conn := dial(t)
			_, _ = conn.Write([]byte(text))
			return conn
		}
	}
	plainly := func(t *testing.T) net.Conn { return plain.dial(t) }
	for _, c := range []struct {
		name string
		dial func(t *testing.T) net.Conn
		says string // in the one ERR; "" is that nothing is said
	}{
		{"no certificate", as(n.peer, func(c *tls.Config) { c.Certificates = nil }), "without a certificate"},
		{"unknown key", as(stranger, same), "does not know this computer"},
		{"revoked", as(revoked, same), "does not know this computer"},
		{"expired", as(expired, same), "is over"},
		{"wrong ALPN", as(n.peer, func(c *tls.Config) { c.NextProtos = []string{"h2"} }), ""},
		{"no ALPN", as(n.peer, func(c *tls.Config) { c.NextProtos = nil; c.VerifyConnection = nil }), ""},
		{"TLS 1.2", as(n.peer, func(c *tls.Config) { c.MinVersion, c.MaxVersion = 0, tls.VersionTLS12 }), ""},
		{"no TLS", func(t *testing.T) net.Conn { return n.bare(t) }, ""},
		{"pairing without an open code", after(as(stranger, same), "PAIR 0000000004\na b\n"), "does not know this computer"},
		{"plain without AUTH", plainly, ""},
		{"wrong cookie", after(plainly, "auth wrong\n"), "wrong cookie"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, verb := range append(remote.Verbs(), remote.VerbRow{Verb: "NOPE"}) {
				for _, call := range []string{header(verb.Verb, 0), header(verb.Verb, 2) + "x\n", verb.Verb + " x\n"} {
					conn := c.dial(t)
					require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
					_, _ = conn.Write([]byte(call)) // it may be gone already
					got := codec.NewConn(conn)
					f, err := got.ReadFrame()
					if c.says == "" {
						require.Error(t, err, "%s: %s", call, f)
					} else if err == nil { // else the reset was quicker than the words
						require.Equal(t, codec.ERR, f.Verb, call)
						require.Contains(t, string(f.Body), c.says)
						_, err = got.ReadFrame()
						require.Error(t, err, call)
					}
					conn.Close()
				}
			}
		})
	}
	for _, log := range []string{n.log.String(), plain.log.String()} {
		require.NotContains(t, log, "msg=connected")
		require.NotContains(t, log, "session=")
	}
}

func TestVerbTableOpensForNobodyWithoutAGuest(t *testing.T) {
	require.Empty(t, remote.TableFor(&remote.Server{}, nil))
	require.Empty(t, remote.TableFor(&remote.Server{}, &remote.Guest{}), "one that no gate has made")
}

func TestOpenCodeTakesPairAndNothingElse(t *testing.T) {
	n := newNetwork(t)
	_, err := n.folder.Invite(trust.AllRights, 0)
	require.NoError(t, err)
	stranger, err := trust.NewIdentity()
	require.NoError(t, err)
	for _, verb := range remote.Verbs() {
		conn := n.dialAs(t, stranger)
		require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
		c := codec.NewConn(conn)
		f, err := c.ReadFrame()
		require.NoError(t, err)
		require.Equal(t, codec.ERR, f.Verb)
		require.Contains(t, string(f.Body), "pairing=open host=office-pc")
		_, err = conn.Write([]byte(header(verb.Verb, 0)))
		require.NoError(t, err)
		f, err = c.ReadFrame()
		require.Error(t, err, "%s: it said %s", verb.Verb, f)
		conn.Close()
	}
	require.NotContains(t, n.log.String(), "msg=connected")
}

func TestRightsOfEveryVerb(t *testing.T) {
	n := newNetwork(t)
	for i, verb := range remote.Verbs() {
		if verb.Right == trust.NoRights {
			continue
		}
		without, hello := n.as(t, n.invited(t, "without"+verb.Verb, trust.AllRights&^verb.Right))
		require.NotContains(t, hello.Verbs, verb.Verb)
		_, e := without.fails(verb.Verb+" ?nothing", codec.NotAllowed)
		require.Contains(t, e.Text, " may not ", i)
		require.NotContains(t, without.ok("HELP").data, e.Text)
		with, hello := n.as(t, n.invited(t, "with"+verb.Verb, verb.Right))
		require.Contains(t, hello.Verbs, verb.Verb)
		r := request(t, verb.Verb+" ?nothing")
		r.Send = func(context.Context, *link.Upstream) error { return nil }
		if _, err := with.call(t.Context(), r); err != nil {
			require.NotContains(t, err.Error(), " may not ")
		}
		without.Close()
		with.Close()
	}
}

func TestRefusedVerbSaysWhoMayWhat(t *testing.T) {
	n := newNetwork(t)
	c, _ := n.as(t, n.invited(t, "alice-laptop", trust.Dir|trust.Get))
	host := c.ok("NAME").data
	_, e := c.fails("EXEC true", codec.NotAllowed)
	require.Equal(t, "alice-laptop may not exec on "+host[:len(host)-1]+" (may: dir get)", e.Text)
	require.Equal(t, "its owner can invite you again with more rights", e.Hint)
	require.NotContains(t, c.ok("HELP").data, "exec")
}

func TestNobodyMayWhatTheServerDenies(t *testing.T) {
	for name, connect := range map[string]func(t *testing.T) *client{
		"paired": func(t *testing.T) *client {
			n := newNetwork(t, func(s *remote.Server) { s.Deny = trust.AllRights &^ trust.ReadOnly })
			c, hello := n.as(t, n.peer)
			require.NotContains(t, hello.Verbs, "EXEC")
			return c
		},
		"carried": func(t *testing.T) *client {
			h := newHelped(t, false)
			h.server.Deny = trust.AllRights &^ trust.ReadOnly
			return h.client(t)
		},
		"plain": func(t *testing.T) *client {
			h := newHelped(t, true)
			h.server.Deny = trust.AllRights &^ trust.ReadOnly
			return h.client(t)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := connect(t)
			for _, line := range []string{"EXEC true", "SH true", "RUN true", "DEL x", "PUT x", "MKD x", "COPY a b", "MOVE a b"} {
				_, e := c.fails(line, codec.NotAllowed)
				require.Equal(t, "techshd was started so that nobody may", e.Hint)
			}
			c.ok("DIR")
			c.ok("INFO")
		})
	}
}

func TestChangedRightsApplyToTheNextCall(t *testing.T) {
	n := newNetwork(t)
	c, _ := n.as(t, n.peer)
	c.ok("DIR")
	_, err := n.folder.AddPeer(trust.Peer{ID: n.peer.ID, Name: "ann", Can: trust.Info})
	require.NoError(t, err)
	c.fails("DIR", codec.NotAllowed)
	c.ok("INFO")
	_, err = n.folder.AddPeer(trust.Peer{ID: n.peer.ID, Name: "ann", Can: trust.Dir})
	require.NoError(t, err)
	c.ok("DIR")
}

func TestChangedRightsAreNews(t *testing.T) {
	t.Parallel()
	n := newNetwork(t)
	c, _ := n.as(t, n.peer)
	news := make(chan string, 10)
	c.News = func(kind, text string) { news <- kind + ": " + text }
	_, err := n.folder.AddPeer(trust.Peer{ID: n.peer.ID, Name: "ann", Can: trust.Dir | trust.Info})
	require.NoError(t, err)
	select {
	case text := <-news:
		require.Equal(t, "rights: ann may now: dir info", text)
	case <-time.After(patience):
		require.Fail(t, "no news")
	}
}

func TestWhoHasNoCertificateIsNobodysPeer(t *testing.T) {
	n := newNetwork(t, func(s *remote.Server) {
		s.Gate = &remote.Paired{Identity: s.Gate.(*remote.Paired).Identity, Peers: trust.SinglePeer{Can: trust.AllRights}, Host: "office-pc"}
	})
	config := n.peer.Client(n.self.ID)
	config.Certificates = nil
	_, _, err := link.Open(t.Context(), tls.Client(n.bare(t), config), link.Opening{})
	require.ErrorIs(t, err, &codec.Error{Code: codec.Unpaired})
}

func TestTabIsToldOnceAndOtherListingsAlways(t *testing.T) {
	n := newNetwork(t)
	n.write(t, "-c", "")
	c, _ := n.as(t, n.peer)
	c.ok("DIR -c x")
	c.ok("DIR -c y")
	require.Equal(t, 1, strings.Count(n.log.String(), "msg=completes"))
	_, _ = c.call(t.Context(), request(t, "DIR -- -c "+n.dir))
	require.Contains(t, n.log.String(), `msg=dir session=1 peer=ann words="-- -c `+n.dir)
}

func TestRefusedCallsCannotBuryWhatWasDoneBefore(t *testing.T) {
	n, path := newAudited(t)
	c, _ := n.as(t, n.invited(t, "bob", trust.Dir))
	for range 500 {
		c.fails("EXEC true", codec.NotAllowed)
	}
	require.Less(t, strings.Count(n.log.String(), "exec"), 100, "one a second")
	require.Less(t, len(audited(t, path)), 100)
}

func TestNoiseHidesNoGuesses(t *testing.T) {
	t.Parallel()
	n, path := newAudited(t)
	_, err := n.folder.Invite(trust.AllRights, 0)
	require.NoError(t, err)
	for range 3 {
		noise := n.bare(t)
		_, err := noise.Write([]byte("GET / HTTP/1.1\r\n"))
		require.NoError(t, err)
		defer noise.Close()
		who, err := trust.NewIdentity()
		require.NoError(t, err)
		conn := tls.Client(n.bare(t), who.Client(n.self.ID))
		defer conn.Close()
		c := codec.NewConn(conn)
		_, err = c.ReadFrame()
		require.NoError(t, err)
		_, err = trust.Join(t.Context(), c, conn.ConnectionState(), who, trust.Secret{Kind: "words", Text: "tiger river stone cloud"}, "eve")
		require.ErrorIs(t, err, &codec.Error{Code: codec.NotAllowed})
	}
	eventually(t, "not all are in the log", func() bool { return strings.Count(n.log.String(), "wrong pairing code") == 3 })
	require.Equal(t, 3, strings.Count(strings.Join(audited(t, path), "\n"), "wrong pairing code"))
}

// A proof that comes late makes nobody a peer, or somebody who is told of.
func TestPairedIsToldOfWhateverBecomesOfTheConnection(t *testing.T) {
	n, path := newAudited(t)
	_, err := n.folder.Invite(trust.AllRights, 0)
	require.NoError(t, err)
	code, err := n.folder.Invitation()
	require.NoError(t, err)
	who, err := trust.NewIdentity()
	require.NoError(t, err)
	conn := tls.Client(n.bare(t), who.Client(n.self.ID))
	c := codec.NewConn(conn)
	_, err = c.ReadFrame()
	require.NoError(t, err)
	go func() { // it hangs up as soon as it has sent its proof
		_, _ = trust.Join(t.Context(), c, conn.ConnectionState(), who, trust.Secret{Kind: "line", Text: code.Token}, "bob")
	}()
	eventually(t, "the try is not taken", func() bool {
		i, err := n.folder.Invitation()
		return err != nil || i.Left < 3
	})
	conn.NetConn().Close()
	eventually(t, "it is not told", func() bool { return strings.Contains(strings.Join(audited(t, path), "\n"), "paired bob") })
	require.Contains(t, n.log.String(), "msg=paired peer=bob")
}

func TestPeerReadsNothingOfTheFilesThatAreDamaged(t *testing.T) {
	n := newNetwork(t)
	c, _ := n.as(t, n.peer)
	require.NoError(t, os.WriteFile(n.folder.Path("peers"), []byte("nonsense\n"), 0o600))
	_, err := c.call(t.Context(), request(t, "PING"))
	require.ErrorIs(t, err, &codec.Error{Code: codec.Internal})
	require.NotContains(t, err.Error(), "nonsense")
	require.NotContains(t, err.Error(), n.folder.Path("peers"))
	eventually(t, "the owner is not told", func() bool { return strings.Contains(n.log.String(), "peers:1") })
}
