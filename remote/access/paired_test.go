package access_test

import (
	"context"
	"crypto/tls"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote"
	"techsh/remote/access"
	"techsh/remote/remotetest"
	"techsh/remote/verb"
)

func TestPairedClientIsLetInUnderItsName(t *testing.T) {
	n := remotetest.NewNetwork(t)
	c, hello := n.As(t, n.Peer)
	require.Equal(
		t,
		codec.Pairs{{Key: "peer", Value: "ann"}, {Key: "may", Value: "dir,get,put,del,exec,shot,info"}},
		hello.More,
	)
	c.OK("PWD")
	_, hello = n.As(t, n.Invited(t, "bob", trust.Info))
	also, _ := hello.More.Get("also")
	require.Equal(t, "ann", also)
	require.Contains(t, n.Log.String(), "msg=connected session=2 peer=bob")
}

// The verbs come from the table of the server, so that new ones are tested too.
func TestNoVerbCanBeCalledBeforeTheGate(t *testing.T) {
	t.Parallel()
	n := remotetest.NewNetwork(t)
	plain := remotetest.New(t, true)
	stranger, err := trust.NewIdentity()
	require.NoError(t, err)
	revoked, expired := n.Invited(t, "rita", trust.AllRights), n.Invited(t, "eve", trust.AllRights)
	_, err = n.Folder.Revoke("rita")
	require.NoError(t, err)
	_, err = n.Folder.AddPeer(trust.Peer{
		ID:    expired.ID,
		Name:  "eve",
		Can:   trust.AllRights,
		Until: time.Now().Add(-time.Hour),
	})
	require.NoError(t, err)

	as := func(who *trust.Identity, change func(*tls.Config)) func(t *testing.T) net.Conn {
		return func(t *testing.T) net.Conn {
			config := who.Client(n.Self.ID)
			change(config)
			return tls.Client(n.Bare(t), config)
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
	plainly := func(t *testing.T) net.Conn { return plain.Dial(t) }
	for _, c := range []struct {
		name string
		dial func(t *testing.T) net.Conn
		says string // part of the only ERR; "" if the server sends nothing
	}{
		{"no certificate", as(n.Peer, func(c *tls.Config) { c.Certificates = nil }), "requires a certificate"},
		{"unknown key", as(stranger, same), "does not know this computer"},
		{"revoked", as(revoked, same), "does not know this computer"},
		{"expired", as(expired, same), "is over"},
		{"wrong ALPN", as(n.Peer, func(c *tls.Config) { c.NextProtos = []string{"h2"} }), ""},
		{"no ALPN", as(n.Peer, func(c *tls.Config) { c.NextProtos = nil; c.VerifyConnection = nil }), ""},
		{"TLS 1.2", as(n.Peer, func(c *tls.Config) { c.MinVersion, c.MaxVersion = 0, tls.VersionTLS12 }), ""},
		{"no TLS", func(t *testing.T) net.Conn { return n.Bare(t) }, ""},
		{
			"pairing without an open code",
			after(as(stranger, same), "PAIR 0000000004\na b\n"),
			"does not know this computer",
		},
		{"plain without AUTH", plainly, ""},
		{"wrong cookie", after(plainly, "auth wrong\n"), "wrong cookie"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, verb := range append(new(remote.Server).Table(), verb.Row{Verb: "NOPE"}) {
				for _, call := range []string{
					remotetest.Header(verb.Verb, 0),
					remotetest.Header(verb.Verb, 2) + "x\n",
					verb.Verb + " x\n",
				} {
					conn := c.dial(t)
					require.NoError(t, conn.SetDeadline(time.Now().Add(remotetest.Timeout)))
					_, _ = conn.Write([]byte(call)) // the server may have closed the connection already
					got := codec.NewConn(conn)
					f, err := got.ReadFrame()
					if c.says == "" {
						require.Error(t, err, "%s: %s", call, f)
					} else if err == nil { // otherwise a reset has discarded the answer
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
	for _, log := range []string{n.Log.String(), plain.Log.String()} {
		require.NotContains(t, log, "msg=connected")
		require.NotContains(t, log, "session=")
	}
}

// A gateFunc is a gate of an embedder.
type gateFunc func() *access.Guest

func (g gateFunc) Enter(context.Context, net.Conn) (*access.Guest, error) { return g(), nil }

func TestServerServesOnlyGuestsThatAGateHasMade(t *testing.T) {
	for _, guest := range []*access.Guest{nil, {}} {
		p := &remotetest.Pipes{Conns: make(chan net.Conn), Closed: make(chan struct{})}
		s := &remote.Server{Gate: gateFunc(func() *access.Guest { return guest }), Log: slog.New(slog.DiscardHandler)}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- s.Serve(ctx, p) }()
		local, remote := net.Pipe()
		p.Conns <- remote
		_, err := local.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.EOF)
		cancel()
		require.NoError(t, <-ended)
	}
}

func TestOpenCodeTakesPairAndNothingElse(t *testing.T) {
	n := remotetest.NewNetwork(t)
	_, err := n.Folder.Invite(trust.AllRights, 0)
	require.NoError(t, err)
	stranger, err := trust.NewIdentity()
	require.NoError(t, err)
	for _, verb := range new(remote.Server).Table() {
		conn := n.DialAs(t, stranger)
		require.NoError(t, conn.SetDeadline(time.Now().Add(remotetest.Timeout)))
		c := codec.NewConn(conn)
		f, err := c.ReadFrame()
		require.NoError(t, err)
		require.Equal(t, codec.ERR, f.Verb)
		require.Contains(t, string(f.Body), "pairing=open host=office-pc")
		_, err = conn.Write([]byte(remotetest.Header(verb.Verb, 0)))
		require.NoError(t, err)
		f, err = c.ReadFrame()
		require.Error(t, err, "%s: it said %s", verb.Verb, f)
		conn.Close()
	}
	require.NotContains(t, n.Log.String(), "msg=connected")
}

func TestRightsOfEveryVerb(t *testing.T) {
	n := remotetest.NewNetwork(t)
	for i, verb := range new(remote.Server).Table() {
		if verb.Right == trust.NoRights {
			continue
		}
		without, hello := n.As(t, n.Invited(t, "without"+verb.Verb, trust.AllRights&^verb.Right))
		require.NotContains(t, hello.Verbs, verb.Verb)
		_, e := without.Fails(verb.Verb+" ?nothing", codec.NotAllowed)
		require.Contains(t, e.Text, " may not ", i)
		require.NotContains(t, without.OK("HELP").Data, e.Text)
		with, hello := n.As(t, n.Invited(t, "with"+verb.Verb, verb.Right))
		require.Contains(t, hello.Verbs, verb.Verb)
		r := remotetest.NewRequest(t, verb.Verb+" ?nothing")
		r.Send = func(context.Context, *link.Upstream) error { return nil }
		if _, err := with.Call(t.Context(), r); err != nil {
			require.NotContains(t, err.Error(), " may not ")
		}
		without.Close()
		with.Close()
	}
}

func TestRefusedVerbNamesTheRights(t *testing.T) {
	n := remotetest.NewNetwork(t)
	c, _ := n.As(t, n.Invited(t, "alice-laptop", trust.Dir|trust.Get))
	host := c.OK("NAME").Data
	_, e := c.Fails("EXEC true", codec.NotAllowed)
	require.Equal(t, "alice-laptop may not exec on "+host[:len(host)-1]+" (may: dir get)", e.Text)
	require.Equal(t, "its owner can invite you again with more rights", e.Hint)
	require.NotContains(t, c.OK("HELP").Data, "exec")
}

func TestDeniedRightsApplyToEveryPeer(t *testing.T) {
	for name, connect := range map[string]func(t *testing.T) *remotetest.Client{
		"paired": func(t *testing.T) *remotetest.Client {
			n := remotetest.NewNetwork(t, func(s *remote.Server) { s.Deny = trust.AllRights &^ trust.ReadOnly })
			c, hello := n.As(t, n.Peer)
			require.NotContains(t, hello.Verbs, "EXEC")
			return c
		},
		"carried": func(t *testing.T) *remotetest.Client {
			h := remotetest.New(t, false)
			h.Server.Deny = trust.AllRights &^ trust.ReadOnly
			return h.Client(t)
		},
		"plain": func(t *testing.T) *remotetest.Client {
			h := remotetest.New(t, true)
			h.Server.Deny = trust.AllRights &^ trust.ReadOnly
			return h.Client(t)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := connect(t)
			for _, line := range []string{
				"EXEC true",
				"SH true",
				"RUN true",
				"DEL x",
				"PUT x",
				"MKD x",
				"COPY a b",
				"MOVE a b",
			} {
				_, e := c.Fails(line, codec.NotAllowed)
				require.Equal(t, "techshd was started so that nobody may", e.Hint)
			}
			c.OK("DIR")
			c.OK("INFO")
		})
	}
}

func TestChangedRightsApplyToTheNextCall(t *testing.T) {
	n := remotetest.NewNetwork(t)
	c, _ := n.As(t, n.Peer)
	c.OK("DIR")
	_, err := n.Folder.AddPeer(trust.Peer{ID: n.Peer.ID, Name: "ann", Can: trust.Info})
	require.NoError(t, err)
	c.Fails("DIR", codec.NotAllowed)
	c.OK("INFO")
	_, err = n.Folder.AddPeer(trust.Peer{ID: n.Peer.ID, Name: "ann", Can: trust.Dir})
	require.NoError(t, err)
	c.OK("DIR")
}

func TestChangedRightsAreNews(t *testing.T) {
	t.Parallel()
	n := remotetest.NewNetwork(t)
	c, _ := n.As(t, n.Peer)
	news := make(chan string, 10)
	c.News = func(kind, text string) { news <- kind + ": " + text }
	_, err := n.Folder.AddPeer(trust.Peer{ID: n.Peer.ID, Name: "ann", Can: trust.Dir | trust.Info})
	require.NoError(t, err)
	select {
	case text := <-news:
		require.Equal(t, "rights: ann may now: dir info", text)
	case <-time.After(remotetest.Timeout):
		require.Fail(t, "no news")
	}
}

func TestClientWithoutACertificateIsUnpaired(t *testing.T) {
	n := remotetest.NewNetwork(t, func(s *remote.Server) {
		s.Gate = &access.Paired{
			Identity: s.Gate.(*access.Paired).Identity,
			Peers:    trust.SinglePeer{Can: trust.AllRights},
			Host:     "office-pc",
		}
	})
	config := n.Peer.Client(n.Self.ID)
	config.Certificates = nil
	_, _, err := link.Open(t.Context(), tls.Client(n.Bare(t), config), link.Opening{})
	require.ErrorIs(t, err, &codec.Error{Code: codec.Unpaired})
}

func TestCompletionIsLoggedOnce(t *testing.T) {
	n := remotetest.NewNetwork(t)
	n.Write(t, "-c", "")
	c, _ := n.As(t, n.Peer)
	c.OK("DIR -c x")
	c.OK("DIR -c y")
	require.Equal(t, 1, strings.Count(n.Log.String(), "msg=completes"))
	_, _ = c.Call(t.Context(), remotetest.NewRequest(t, "DIR -- -c "+n.Dir))
	require.Contains(t, n.Log.String(), `msg=dir session=1 peer=ann words="-- -c `+n.Dir)
}

func TestRefusedCallsCannotFloodTheLog(t *testing.T) {
	n, path := remotetest.NewAudited(t)
	c, _ := n.As(t, n.Invited(t, "bob", trust.Dir))
	for range 500 {
		c.Fails("EXEC true", codec.NotAllowed)
	}
	require.Less(t, strings.Count(n.Log.String(), "exec"), 100, "one a second")
	require.Less(t, len(remotetest.Audited(t, path)), 100)
}

func TestGuessesAreLoggedDespiteOtherConnections(t *testing.T) {
	t.Parallel()
	n, path := remotetest.NewAudited(t)
	_, err := n.Folder.Invite(trust.AllRights, 0)
	require.NoError(t, err)
	for range 3 {
		noise := n.Bare(t)
		_, err := noise.Write([]byte("GET / HTTP/1.1\r\n"))
		require.NoError(t, err)
		defer noise.Close()
		who, err := trust.NewIdentity()
		require.NoError(t, err)
		conn := tls.Client(n.Bare(t), who.Client(n.Self.ID))
		defer conn.Close()
		c := codec.NewConn(conn)
		_, err = c.ReadFrame()
		require.NoError(t, err)
		_, err = trust.Join(
			t.Context(),
			c,
			conn.ConnectionState(),
			who,
			trust.Secret{Kind: "words", Text: "tiger river stone cloud"},
			"eve",
		)
		require.ErrorIs(t, err, &codec.Error{Code: codec.NotAllowed})
	}
	remotetest.Eventually(
		t,
		"not all are in the log",
		func() bool { return strings.Count(n.Log.String(), "wrong pairing code") == 3 },
	)
	require.Equal(t, 3, strings.Count(strings.Join(remotetest.Audited(t, path), "\n"), "wrong pairing code"))
}

// A proof that arrives late makes no peer, or one that the person at the remote is told
// about.
func TestPairingIsLoggedEvenIfTheClientHangsUp(t *testing.T) {
	n, path := remotetest.NewAudited(t)
	_, err := n.Folder.Invite(trust.AllRights, 0)
	require.NoError(t, err)
	code, err := n.Folder.Invitation()
	require.NoError(t, err)
	who, err := trust.NewIdentity()
	require.NoError(t, err)
	conn := tls.Client(n.Bare(t), who.Client(n.Self.ID))
	c := codec.NewConn(conn)
	_, err = c.ReadFrame()
	require.NoError(t, err)
	go func() { // the client hangs up as soon as it has sent its proof
		_, _ = trust.Join(
			t.Context(),
			c,
			conn.ConnectionState(),
			who,
			trust.Secret{Kind: "line", Text: code.Token},
			"bob",
		)
	}()
	remotetest.Eventually(t, "the try is not taken", func() bool {
		i, err := n.Folder.Invitation()
		return err != nil || i.Left < 3
	})
	conn.NetConn().Close()
	remotetest.Eventually(
		t,
		"it is not told",
		func() bool { return strings.Contains(strings.Join(remotetest.Audited(t, path), "\n"), "paired bob") },
	)
	require.Contains(t, n.Log.String(), "msg=paired peer=bob")
}

// Only close_notify shows that the client has ended the session, and not the network.
func TestASessionThatEndsWithoutCloseNotifyIsLost(t *testing.T) {
	n := remotetest.NewNetwork(t)
	c, _ := n.As(t, n.Peer)
	c.OK("PING")
	require.NoError(t, c.Net.Close())
	logs := func(line string) func() bool {
		return func() bool { return strings.Contains(n.Log.String(), line) }
	}
	remotetest.Eventually(t, "it is lost", logs("msg=disconnected session=1 peer=ann\n"))

	c, _ = n.As(t, n.Peer)
	c.OK("PING")
	require.NoError(t, c.Net.(*tls.Conn).NetConn().Close())
	remotetest.Eventually(t, "it is not lost", logs(
		`msg=disconnected session=2 peer=ann err="the link was lost: the input ended without close_notify"`,
	))
}

func TestPeerReadsNothingOfTheFilesThatAreDamaged(t *testing.T) {
	n := remotetest.NewNetwork(t)
	c, _ := n.As(t, n.Peer)
	require.NoError(t, os.WriteFile(n.Folder.Path("peers"), []byte("nonsense\n"), 0o600))
	var err error
	remotetest.Eventually(t, "the file is good enough", func() bool { // for half a second it is not believed
		_, err = c.Call(t.Context(), remotetest.NewRequest(t, "PING"))
		return err != nil
	})
	require.ErrorIs(t, err, &codec.Error{Code: codec.Internal})
	require.NotContains(t, err.Error(), "nonsense")
	require.NotContains(t, err.Error(), n.Folder.Path("peers"))
	remotetest.Eventually(
		t,
		"the owner is not told",
		func() bool { return strings.Contains(n.Log.String(), "peers:1") },
	)
}
