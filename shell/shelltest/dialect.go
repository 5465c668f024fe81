package shelltest

import (
	"context"
	"io"
	"log/slog"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec/dialect"
	"techsh/codec/link"
	"techsh/remote"
	"techsh/shell"
)

// NewDialect returns a Session with a dialect, connected to a server for a copy of
// testdata/tree.
func NewDialect(t testing.TB, name string) *Session {
	t.Helper()
	d, err := dialect.Named(name)
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	quiet := slog.New(slog.DiscardHandler)
	inside := &remote.Server{Root: CopyTree(t), Log: quiet}
	server := &dialect.Server{
		Dialect: d,
		Log:     quiet,
		Session: func(ctx context.Context, conn net.Conn) error {
			return inside.ServeConn(ctx, conn, "somebody")
		},
	}
	go func() { done <- server.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	s := New(t, func(
		ctx context.Context, _ string, _ func(string) (string, error),
	) (io.ReadWriteCloser, link.Opening, error) {
		conn, err := dialect.Open(ctx, name, "there", func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
		})
		return conn, link.Opening{}, err
	})
	s.Tree = inside.Root
	s.Configure = func(sh *shell.Shell) { sh.Dialect = name }
	return s
}
