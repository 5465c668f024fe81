//go:build unix

package main

import (
	"bytes"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// startRelay returns the address of a relay to d, which passes bytes of every connection
// until limit bytes have been sent to d. It then calls end with both of its connections.
func startRelay(t *testing.T, d *daemon, limit int64, end func(client, server *net.TCPConn)) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	pass := func(to, from *net.TCPConn, limit int64, end func()) {
		buf := make([]byte, 32<<10)
		for limit > 0 {
			n, err := from.Read(buf)
			_, _ = to.Write(buf[:n])
			if limit -= int64(n); err != nil {
				_ = to.CloseWrite()
				return
			}
		}
		end()
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s, err := net.Dial("tcp", d.addr)
			if err != nil {
				c.Close()
				continue
			}
			client, server := c.(*net.TCPConn), s.(*net.TCPConn)
			t.Cleanup(func() { client.Close(); server.Close() })
			go pass(server, client, limit, func() { end(client, server) })
			go pass(client, server, 1<<40, nil)
		}
	}()
	return l.Addr().String()
}

// However the link ends while a call runs: without an answer its outcome is unknown.
func TestTheStatusOfALostLinkIs4(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	d := startDaemon(t, home)
	big := bytes.Repeat([]byte("a line\n"), 1<<20)
	require.NoError(t, os.MkdirAll(filepath.Join(home, "local/tree"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(home, "local/tree/big"), big, 0o600))
	for name, end := range map[string]func(client, server *net.TCPConn){
		"reset": func(client, server *net.TCPConn) {
			_ = errors.Join(client.SetLinger(0), server.SetLinger(0))
			client.Close()
			server.Close()
		},
		"closed": func(client, server *net.TCPConn) {
			client.Close()
			server.Close()
		},
		"half-closed by the client": func(_, server *net.TCPConn) { _ = server.CloseWrite() },
		"half-closed by the server": func(client, _ *net.TCPConn) { _ = client.CloseWrite() },
	} {
		var number atomic.Int32
		for _, script := range []string{
			"put tree/big #",
			"put -r tree tree#",
			"sync l:tree r:tree#",
			"exec -i sha256sum < tree/big",
			"put - # < tree/big",
			"put tree/big # &",
		} {
			t.Run(name+"/"+strings.Fields(script)[0], func(t *testing.T) {
				t.Parallel()
				target := strings.Repeat("x", int(number.Add(1))) + strings.ReplaceAll(name, " ", "")
				addr := startRelay(t, d, 1<<20, end)
				cmd := d.techsh(home)
				cmd.Args = []string{"techsh", "--plain", "-k", addr}
				cmd.Dir = filepath.Join(home, "local")
				cmd.Stdin = strings.NewReader(strings.ReplaceAll(script, "#", target) + "\n")
				out, err := cmd.CombinedOutput()
				require.Error(t, err, "%s", out)
				require.Equal(t, 4, cmd.ProcessState.ExitCode(), "%s", out)
				require.Contains(t, string(out), "the link was lost")
				require.NotContains(t, string(out), addr)
				require.NoFileExists(t, filepath.Join(home, target))
			})
		}
	}
}
