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

// The pipe of standard error is full long before the last line is logged.
func TestServerGoesOnWhileItsConsoleIsPausedAndWritesAllOfItAtTheEnd(t *testing.T) {
	path, err := exec.LookPath("techshd")
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), path, "--plain", "--listen", "127.0.0.1:0")
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	console, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	printed := bufio.NewReader(out)
	addr, err := printed.ReadString('\n')
	require.NoError(t, err)
	auth, err := printed.ReadString('\n')
	require.NoError(t, err)
	conn, err := net.Dial("tcp", strings.TrimSpace(addr))
	require.NoError(t, err)
	l, _, err := link.Open(t.Context(), conn, link.Opening{Cookie: strings.Fields(auth)[1]})
	require.NoError(t, err)
	const lines = 900
	for n := range lines {
		_, err := l.Do(
			t.Context(),
			link.Request{Verb: codec.MakeVerb("SAY"), Words: codec.Lits(fmt.Sprint(n), strings.Repeat("x", 250))},
		)
		require.NoError(t, err)
	}
	require.NoError(t, l.Close())
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	require.NoError(t, out.(*os.File).SetReadDeadline(time.Now().Add(flushTimeout/5)))
	_, err = printed.ReadByte()
	require.ErrorIs(t, err, os.ErrDeadlineExceeded, "it has ended")
	text, err := io.ReadAll(console)
	require.NoError(t, err)
	require.NoError(t, cmd.Wait())
	require.Equal(t, lines, strings.Count(string(text), " says: "))
	require.Contains(t, string(text), "draining")
	require.NotContains(t, string(text), "were not shown")
}
