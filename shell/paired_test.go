package shell

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote"
)

// A peer is who a test's server knows, until gone.
type peer struct {
	trust.SinglePeer
	gone atomic.Bool
}

func (p *peer) Peer(id trust.ID) (trust.Peer, error) {
	if p.gone.Load() {
		return trust.Peer{}, trust.ErrUnknown
	}
	return p.SinglePeer.Peer(id)
}

// pairedShell is a shell whose server knows it by its key, and lets it do so
// much.
func pairedShell(t *testing.T, server *remote.Server, can trust.Rights) (s *Shell, output func() string, p *peer) {
	t.Helper()
	here, err := trust.NewIdentity()
	require.NoError(t, err)
	there, err := trust.NewIdentity()
	require.NoError(t, err)
	p = &peer{SinglePeer: trust.SinglePeer{ID: here.ID, Name: "bob-laptop", Can: can}}
	server.Gate = &remote.Paired{Identity: there, Peers: p, Host: "office-pc"}
	server.Dir, server.Log = copyTree(t), slog.New(slog.DiscardHandler)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- server.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	s, output, _ = shellTo(t, func(ctx context.Context, _ string, _ func(string) (string, error)) (io.ReadWriteCloser, link.Opening, error) {
		conn, err := tls.Dial("tcp", l.Addr().String(), here.Client(there.ID))
		return conn, link.Opening{}, err
	})
	return s, output, p
}

// does runs a line as the prompt would.
func (s *Shell) does(t *testing.T, line string) error {
	t.Helper()
	commands, err := s.parse(line, grammar{separators: true, prefixes: true})
	if err != nil {
		s.complain(err)
		return err
	}
	return s.runAll(t.Context(), commands)
}

// TestNotOfferedIsNotSuggested guards help, Tab, unique beginnings and
// suggestions: what the server does not let us do is in none of them.
func TestNotOfferedIsNotSuggested(t *testing.T) {
	s, output, _ := pairedShell(t, &remote.Server{}, trust.Dir|trust.Get)
	require.NoError(t, s.does(t, "help"))
	text := output()
	require.Contains(t, text, "dir|ls ")
	for _, name := range []string{"exec|run", "sh ", "del|rm", "put ", "shot|", "info "} {
		require.NotContains(t, text, "\n"+name)
	}
	require.Equal(t, []string{"exit", "expect", "explain"}, s.complete(t.Context(), "ex", 2).List)
	require.Empty(t, s.candidates(t.Context(), nil, tabWord("del")))
	require.NoError(t, s.does(t, "st notes.txt"), "there is no start")
	output()
	require.Error(t, s.does(t, "exce ls"))
	require.Equal(t, "exce: unknown command\n  did you mean exit?\n", output())
	require.Error(t, s.does(t, "de"))
	require.NotContains(t, output(), "del")
}

// The server's own words say what it does not let us do.
func TestNotOfferedIsRefusedByTheServer(t *testing.T) {
	s, output, _ := pairedShell(t, &remote.Server{}, trust.Dir|trust.Get)
	host, err := os.Hostname()
	require.NoError(t, err)
	for line, right := range map[string]string{"exec ls": "exec", "rm notes.txt": "del", "sh ls": "exec", "start ls": "exec", "displays": "shot"} {
		require.Error(t, s.does(t, line))
		name, _, _ := strings.Cut(line, " ")
		require.Equal(t, name+": bob-laptop may not "+right+" on "+host+" (may: dir get)\n  its owner can invite you again with more rights\n", output())
	}
	require.NoError(t, s.does(t, "pwd"), "the session goes on")
}

func TestNewsIsShownOnATerminalOnly(t *testing.T) {
	for _, terminal := range []bool{true, false} {
		asked, answer := make(chan struct{}), make(chan remote.Answer)
		s, output, _ := pairedShell(t, &remote.Server{Ask: func(context.Context, remote.Question) (remote.Answer, error) {
			close(asked)
			return <-answer, nil
		}}, trust.AllRights)
		s.Err.Terminal = terminal
		done := make(chan error)
		go func() { done <- s.does(t, "exec echo done") }()
		<-asked
		text := ""
		if terminal {
			require.Eventually(t, func() bool {
				text += output()
				return strings.Contains(text, "being asked\n")
			}, testTimeout, time.Millisecond)
			assert.Contains(t, text, s.conn.hello.Host+": the person ")
		}
		answer <- remote.Yes
		require.NoError(t, <-done)
		text += output()
		require.Contains(t, text, "done\n")
		require.Equal(t, terminal, strings.Contains(text, "being asked"))
	}
}

// News must not stand in the middle of what a program prints, nor be drawn
// over.
func TestNewsStandsOnALineOfItsOwn(t *testing.T) {
	s, output, _ := testShell(t)
	s.Err.Terminal = true
	s.announce(s.conn, "one")
	require.NoError(t, s.does(t, "exec printf open"))
	s.announce(s.conn, "two\x1b[2J")
	s.announce(s.conn, "three")
	host := s.conn.hello.Host
	require.Equal(t, "\r\x1b[K"+host+": one\nopen\n"+host+": two\\x1b[2J\n\r\x1b[K"+host+": three\n", output())
}

func TestWhoIsRevokedReadsWhy(t *testing.T) {
	t.Parallel()
	s, output, p := pairedShell(t, &remote.Server{}, trust.AllRights)
	done := make(chan error)
	go func() { done <- s.does(t, "sh echo running; sleep 60") }()
	text := ""
	require.Eventually(t, func() bool {
		text += output()
		return strings.Contains(text, "running")
	}, testTimeout, time.Millisecond)
	p.gone.Store(true)
	require.Error(t, <-done)
	require.Equal(t, "sh: "+s.conn.hello.Host+" no longer lets this computer in: it was revoked\n"+
		"  ask its owner to run \"techshd invite\", then use \"techsh pair\" here\n", output())
}

func TestAKnownHostIsCalledWhatItIsCalledHere(t *testing.T) {
	s, _, _ := pairedShell(t, &remote.Server{}, trust.AllRights)
	s.Hosts = func() []string { return []string{"lab-7", "office-pc"} }
	require.NoError(t, s.open(t.Context(), "office-pc", ""))
	require.Equal(t, "office-pc", s.conn.hello.Host)
	require.Equal(t, "open office-pc ", s.complete(t.Context(), "open o", 6).Line)
	require.Equal(t, []string{"lab-7", "office-pc"}, s.complete(t.Context(), "open ", 5).List)
}

func TestHangUpInAGreetingIsSaid(t *testing.T) {
	s, _, _ := testShell(t)
	for _, said := range []string{"", "HELO 00"} {
		s.Reach = func(context.Context, string, func(string) (string, error)) (io.ReadWriteCloser, link.Opening, error) {
			near, far := net.Pipe()
			go func() {
				_, err := io.WriteString(far, said)
				far.Close()
				assert.True(t, said == "" || err == nil || errors.Is(err, io.ErrClosedPipe))
			}()
			return near, link.Opening{}, nil
		}
		require.EqualError(t, s.open(t.Context(), "office-pc", ""), "office-pc: it hung up before it said who it is")
	}
}

func tabWord(text string) codec.Word { return codec.Word{Text: text, End: len(text)} }
