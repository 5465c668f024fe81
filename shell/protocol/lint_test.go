package protocol_test

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/shell/shelltest"

	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote"
	"techsh/shell/console"
)

func TestTechshdPassesLint(t *testing.T) {
	for name, newSession := range map[string]func() *shelltest.Session{
		"plain": func() *shelltest.Session { return shelltest.NewPlain(t) },
		"TLS": func() *shelltest.Session {
			s, _ := shelltest.NewPaired(t, &remote.Server{}, trust.AllRights)
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSession()
			err := s.Run("lint")
			text := s.Printed()
			require.NoError(t, err, text)
			require.Regexp(t, `(?m)^\d\d+ passed, 0 failed, 0 not tried$`, text)
			require.Equal(t, name == "plain", strings.Contains(text, "a wrong cookie"))
			require.NotContains(t, text, shelltest.Cookie)
			require.NoError(t, s.Run("stat notes.txt"), "the shell's own connection is another one")
		})
	}
}

// Checks of verbs that are not offered are skipped.
func TestLintSkipsWhatIsNotOffered(t *testing.T) {
	s, _ := shelltest.NewPaired(t, &remote.Server{}, trust.Dir)
	require.NoError(t, s.Run("lint"))
	text := s.Printed()
	require.Contains(t, text, "SKIP  Files           a wrong crc32c: HELO does not offer PUT\n")
	require.Regexp(t, `(?m)^\d\d passed, 0 failed, [1-9]\d not tried$`, text)
}

// echoServer starts a server that sends back what it receives.
func echoServer(t *testing.T) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.Copy(conn, conn)
			conn.Close()
		}
	})
	t.Cleanup(func() {
		l.Close()
		serving.Wait()
	})
	return l.Addr().String()
}

// A remoteConn is a connection whose address is that of another computer.
type remoteConn struct{ net.Conn }

func (remoteConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 8820} }

func TestLintLeavesServersOfOthersAlone(t *testing.T) {
	addr := echoServer(t)
	s := shelltest.New(t, func(context.Context, string, func(string) (string, error)) (
		io.ReadWriteCloser,
		link.Opening,
		error,
	) {
		conn, err := net.Dial("tcp", addr)
		return remoteConn{conn}, link.Opening{}, err
	})
	require.Error(t, s.Run("lint office-pc"))
	require.Equal(
		t,
		"lint: office-pc is not this computer\n"+
			"  lint --mine, if that server is yours: lint sends what servers must refuse\n",
		s.Printed(),
	)
}

func TestLintIsCancelled(t *testing.T) {
	t.Parallel()
	addr, _ := shelltest.PlainServer(t)
	dial, dialled := shelltest.Dialing(addr, shelltest.Cookie), 0
	var s *shelltest.Session
	s = shelltest.New(t, func(
		ctx context.Context, target string, ask func(string) (string, error),
	) (io.ReadWriteCloser, link.Opening, error) {
		if dialled++; dialled == 5 {
			s.Interrupt()
			<-ctx.Done()
		}
		return dial(context.WithoutCancel(ctx), target, ask)
	})
	require.ErrorIs(t, s.Run("lint"), console.ErrInterrupted)
	require.Equal(t, 5, dialled, "it does not go on after Ctrl-C")
}
