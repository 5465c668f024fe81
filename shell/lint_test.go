package shell

import (
	"context"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote"
)

func TestTechshdPassesLint(t *testing.T) {
	for way, s := range map[string]func() (*Shell, func() string){
		"plain": func() (*Shell, func() string) { s, output, _ := testShell(t); return s, output },
		"TLS": func() (*Shell, func() string) {
			s, output, _ := pairedShell(t, &remote.Server{}, trust.AllRights)
			return s, output
		},
	} {
		t.Run(way, func(t *testing.T) {
			s, output := s()
			err := s.does(t, "lint")
			text := output()
			require.NoError(t, err, text)
			require.Regexp(t, `(?m)^\d\d+ passed, 0 failed, 0 not tried$`, text)
			require.Equal(t, way == "plain", strings.Contains(text, "a wrong cookie"))
			require.NotContains(t, text, cookie)
			require.NoError(t, s.does(t, "stat notes.txt"), "the shell's own connection is another one")
		})
	}
}

// What may not be called is not checked.
func TestLintSkipsWhatIsNotOffered(t *testing.T) {
	s, output, _ := pairedShell(t, &remote.Server{}, trust.Dir)
	require.NoError(t, s.does(t, "lint"))
	text := output()
	require.Contains(t, text, "SKIP  Files           a wrong crc32c: HELO does not offer PUT\n")
	require.Regexp(t, `(?m)^\d\d passed, 0 failed, [1-9]\d not tried$`, text)
}

// unconnected is a shell that has not connected to where reach would.
func unconnected(t *testing.T, reach Reach) (s *Shell, output func() string) {
	t.Helper()
	out, err := os.CreateTemp(t.TempDir(), "output")
	require.NoError(t, err)
	s = &Shell{Out: Stream{File: out}, Err: Stream{File: out}, Dir: t.TempDir(), Reach: reach}
	s.begin()
	t.Cleanup(func() {
		s.end()
		out.Close()
	})
	return s, func() string {
		s.out.Flush()
		text, err := os.ReadFile(out.Name())
		require.NoError(t, err)
		return string(text)
	}
}

func reaching(addr, cookie string) Reach {
	return func(
		ctx context.Context,
		_ string,
		_ func(string) (string, error),
	) (io.ReadWriteCloser, link.Opening, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		return conn, link.Opening{Cookie: cookie}, err
	}
}

// echoServer sends back what it receives, and is no techshd.
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

// A farAway is a connection to another computer, as far as it says.
type farAway struct{ net.Conn }

func (farAway) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 8820} }

func TestLintLeavesServersOfOthersAlone(t *testing.T) {
	addr := echoServer(t)
	s, output := unconnected(t, func(context.Context, string, func(string) (string, error)) (
		io.ReadWriteCloser,
		link.Opening,
		error,
	) {
		conn, err := net.Dial("tcp", addr)
		return farAway{conn}, link.Opening{}, err
	})
	require.Error(t, s.does(t, "lint office-pc"))
	require.Equal(
		t,
		"lint: office-pc is not this computer\n  lint --mine, if that server is yours: it is sent what it has to refuse\n",
		output(),
	)
}

func TestLintIsCancelled(t *testing.T) {
	t.Parallel()
	addr, _ := plainServer(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	reached := 0
	s, _ := unconnected(t, func(
		ctx context.Context,
		target string,
		ask func(string) (string, error),
	) (io.ReadWriteCloser, link.Opening, error) {
		if reached++; reached == 5 {
			cancel(errInterrupted)
		}
		return reaching(addr, cookie)(context.WithoutCancel(ctx), target, ask)
	})
	r, err := s.find("lint", false)
	require.NoError(t, err)
	in, err := r.invoke("lint", nil)
	require.NoError(t, err)
	require.ErrorIs(t, runLint(ctx, s, in), errInterrupted)
	require.Equal(t, 5, reached, "it does not go on after Ctrl-C")
}
