package shelltest

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote"
	"techsh/remote/access"
	"techsh/shell/client"
)

// Cookie is the cookie of plain servers.
const Cookie = "q7hzk2vmd4x3tn5bw6cj2rg4ya"

func (s *Session) dial(
	ctx context.Context, target string, ask func(prompt string) (string, error),
) (io.ReadWriteCloser, link.Opening, error) {
	return s.Dial(ctx, target, ask)
}

// Dialing returns a function that connects to addr without TLS.
func Dialing(addr, cookie string) client.Dial {
	return func(
		ctx context.Context, _ string, _ func(string) (string, error),
	) (io.ReadWriteCloser, link.Opening, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		return conn, link.Opening{Cookie: cookie}, err
	}
}

// NewPlain returns a Session that is connected to a plain server for a copy of
// testdata/tree. The output of the Session is masked; in the output, /here stands for the
// local folder.
func NewPlain(t testing.TB) *Session {
	t.Helper()
	addr, tree := PlainServer(t)
	s := New(t, Dialing(addr, Cookie))
	s.Tree = tree
	s.Masks = []func(string) string{
		func(text string) string { return Mask(text, tree) },
		func(text string) string { return strings.ReplaceAll(text, s.Dir, "/here") },
	}
	return s
}

// PlainServer serves a copy of testdata/tree on loopback, and returns the address and
// the path of the copy.
func PlainServer(t testing.TB) (addr, tree string) {
	t.Helper()
	tree = CopyTree(t)
	server := &remote.Server{Gate: access.Cookie(Cookie), Dir: tree, Log: slog.New(slog.DiscardHandler)}
	return serve(t, server), tree
}

func serve(t testing.TB, server *remote.Server) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return l.Addr().String()
}

// A Peer is a computer that a server knows until Revoke is called.
type Peer struct {
	trust.SinglePeer
	revoked atomic.Bool
}

// Peer returns the peer unless it was revoked.
func (p *Peer) Peer(id trust.ID) (trust.Peer, error) {
	if p.revoked.Load() {
		return trust.Peer{}, trust.ErrUnknown
	}
	return p.SinglePeer.Peer(id)
}

// Revoke makes the server forget the peer.
func (p *Peer) Revoke() { p.revoked.Store(true) }

// NewPaired returns a Session whose server knows the key of the Session. The server knows
// the Session under the name bob-laptop, and grants it the rights in the parameter may.
// The name of the server is office-pc.
func NewPaired(t testing.TB, server *remote.Server, may trust.Rights) (*Session, *Peer) {
	t.Helper()
	local, err := trust.NewIdentity()
	require.NoError(t, err)
	host, err := trust.NewIdentity()
	require.NoError(t, err)
	p := &Peer{SinglePeer: trust.SinglePeer{ID: local.ID, Name: "bob-laptop", Can: may}}
	server.Gate = &access.Paired{Identity: host, Peers: p, Host: "office-pc"}
	server.Dir, server.Log = CopyTree(t), slog.New(slog.DiscardHandler)
	addr := serve(t, server)
	s := New(t, func(
		context.Context, string, func(string) (string, error),
	) (io.ReadWriteCloser, link.Opening, error) {
		conn, err := tls.Dial("tcp", addr, local.Client(host.ID))
		return conn, link.Opening{}, err
	})
	s.Tree = server.Dir
	return s, p
}

// Host returns the name of this computer, on which the test servers run.
func Host(t testing.TB) string {
	t.Helper()
	host, err := os.Hostname()
	require.NoError(t, err)
	return trust.CleanName(host)
}

// CopyTree returns a copy of testdata/tree that the test may change.
func CopyTree(t testing.TB) string {
	t.Helper()
	tree, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	require.NoError(t, os.CopyFS(tree, os.DirFS(filepath.Join(Testdata(t), "tree"))))
	require.NoError(t, filepath.WalkDir(tree, func(path string, d os.DirEntry, err error) error {
		mode := os.FileMode(0o644) // the umask must not matter
		if d.IsDir() || filepath.Ext(path) == ".sh" {
			mode = 0o755
		}
		return errors.Join(err, os.Chmod(path, mode))
	}))
	return tree
}

// Testdata returns the path of the folder testdata of the repository.
func Testdata(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	require.NoError(t, err)
	for ; ; dir = filepath.Dir(dir) {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return filepath.Join(dir, "testdata")
		}
		require.NotEqual(t, filepath.Dir(dir), dir, "there is no go.mod")
	}
}

// Mask replaces what differs from run to run, such as paths, times and names. The
// README, the specification and the tests all use it.
func Mask(text, tree string) string {
	text = strings.ReplaceAll(text, tree, "/home/ann")
	for _, m := range []struct{ pattern, mask string }{
		{`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}(Z|[+-]\d\d:\d\d)`, "2026-11-22T12:00:00.000000000Z"},
		{`\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d(\.\d+)? [+-]\d{4})?`, "2026-11-22 12:00"},
		{`session=\d+ system=\S+ host=\S+ user=\S+`, "session=1 system=linux host=office-pc user=ann"},
		{`(user|group)=\S+`, "$1=ann"},
		{`(?m)^(system|version|host|user|group|uptime)( +).*`, "$1$2…"},
		{`(?m)(ahead of|behind|as) the local clock, ± \S+ ms$`, "as the local clock, ± 0.1 ms"},
		{`\d+\.\d+ ms`, "0.1 ms"},
		{`in (\d+ ms|\d+\.\d s)( \([^)]*/s\))?`, "in 9 ms"},
		{`(?m)^(cpu|cores|load|memory|swap|users|disk) {2,}.*\n`, ""}, // differ between computers
		{
			`(?m)^linux .* (amd64|arm64) \S+ \S+ \d+( .*)?$`,
			`linux "Debian GNU/Linux 12" amd64 office-pc ann 86400`,
		},
	} {
		text = regexp.MustCompile(m.pattern).ReplaceAllString(text, m.mask)
	}
	return text
}
