//go:build unix

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
)

// A paused is a techshd --plain whose console nobody reads.
type paused struct {
	cmd          *exec.Cmd
	out, console io.ReadCloser
	addr, cookie string
}

func startPaused(t *testing.T) *paused {
	path, err := exec.LookPath("techshd")
	require.NoError(t, err)
	p := &paused{cmd: exec.CommandContext(t.Context(), path, "--plain", "--listen", "127.0.0.1:0")}
	p.cmd.Dir = t.TempDir()
	p.cmd.Env = append(os.Environ(), "HOME="+p.cmd.Dir)
	p.out, err = p.cmd.StdoutPipe()
	require.NoError(t, err)
	p.console, err = p.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	printed := bufio.NewReader(p.out)
	p.addr, err = printed.ReadString('\n')
	require.NoError(t, err)
	auth, err := printed.ReadString('\n')
	require.NoError(t, err)
	p.addr, p.cookie = strings.TrimSpace(p.addr), strings.Fields(auth)[1]
	return p
}

func (p *paused) open(t *testing.T) *link.Link {
	conn, err := net.Dial("tcp", p.addr)
	require.NoError(t, err)
	l, _, err := link.Open(t.Context(), conn, link.Opening{Cookie: p.cookie})
	require.NoError(t, err)
	return l
}

func call(t *testing.T, l *link.Link, verb string, words ...string) error {
	_, err := l.Do(t.Context(), link.Request{Verb: codec.MakeVerb(verb), Words: codec.Lits(words...)})
	return err
}

func TestFloodOnAPausedConsoleHoldsUpItsOwnSessionOnly(t *testing.T) {
	p := startPaused(t)
	flooding, other := p.open(t), p.open(t)
	require.NoError(t, call(t, flooding, "MKD", "first"))
	const calls = 5000 // of 300 bytes
	answered := make(chan int)
	go func() {
		n := 0
		for n < calls && call(t, flooding, "ECHO", fmt.Sprint(n), strings.Repeat("x", 300)) == nil {
			n++
		}
		answered <- n
	}()
	for n := range 20 {
		require.NoError(t, call(t, other, "MKD", fmt.Sprint(n)))
	}
	require.NoError(t, call(t, p.open(t), "PING"), "a new session")
	require.NoError(t, p.cmd.Process.Signal(os.Interrupt))
	_, err := io.Copy(io.Discard, p.out) // until it ends, although nobody reads its console
	require.NoError(t, err)
	require.Less(t, <-answered, calls)
	_ = p.cmd.Wait()
}

// The pipe of standard error is full long before the last line is logged.
func TestServerGoesOnWhileItsConsoleIsPausedAndWritesAllOfItAtTheEnd(t *testing.T) {
	p := startPaused(t)
	l := p.open(t)
	const lines = 900
	for n := range lines {
		require.NoError(t, call(t, l, "SAY", fmt.Sprint(n), strings.Repeat("x", 250)))
	}
	require.NoError(t, l.Close())
	require.NoError(t, p.cmd.Process.Signal(os.Interrupt))
	require.NoError(t, p.out.(*os.File).SetReadDeadline(time.Now().Add(flushTimeout/5)))
	_, err := p.out.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded, "it has ended")
	text, err := io.ReadAll(p.console)
	require.NoError(t, err)
	require.NoError(t, p.cmd.Wait())
	require.Equal(t, lines, strings.Count(string(text), " says: "))
	require.Contains(t, string(text), "draining")
	require.NotContains(t, string(text), "were not shown")
}
