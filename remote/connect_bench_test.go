//go:build unix

// Connections are compared with those of sshd.

package remote_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote"
	"techsh/remote/audit"
	"techsh/remote/remotetest"
)

// BenchmarkConnectToFirstAnswer measures the time to connect and make a first call. It
// compares techsh, over TLS and with an audit log, with ssh.
func BenchmarkConnectToFirstAnswer(b *testing.B) {
	audit, err := audit.Open(filepath.Join(b.TempDir(), "audit.jsonl"))
	require.NoError(b, err)
	defer audit.Close()
	n := remotetest.NewNetwork(b, func(s *remote.Server) { s.Audit = audit })
	ssh := newSSH(b)
	remotetest.Versus(b, "ssh", func() { require.NoError(b, ssh("echo").Run()) }, func() {
		conn := n.Dial(b)
		l, _, err := link.Open(b.Context(), conn, link.Opening{})
		require.NoError(b, err)
		_, err = l.Do(b.Context(), link.Request{Verb: codec.MakeVerb("STAT"), Words: codec.Lits(".")})
		require.NoError(b, err)
		require.NoError(b, l.Close())
	})
}

// newSSH starts an sshd with its own configuration and keys on a loopback address. It
// returns a function that makes the command that runs a line through it, in the shell of
// the user.
func newSSH(b *testing.B) func(command string) *exec.Cmd {
	sshd, err := exec.LookPath("sshd")
	if err != nil {
		sshd = "/usr/sbin/sshd"
	}
	if _, err := os.Stat(sshd); err != nil {
		b.Skip("no sshd here: ", err)
	}
	dir := b.TempDir()
	for _, key := range []string{"host", "client"} {
		out, err := exec.Command(
			"ssh-keygen",
			"-q",
			"-t",
			"ed25519",
			"-N",
			"",
			"-f",
			filepath.Join(dir, key),
		).CombinedOutput()
		require.NoError(b, err, "%s", out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	port := fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
	l.Close()
	public, err := os.ReadFile(filepath.Join(dir, "client.pub"))
	require.NoError(b, err)
	require.NoError(b, os.WriteFile(filepath.Join(dir, "authorized"), public, 0o600))
	config := fmt.Sprintf(
		"Port %s\nListenAddress 127.0.0.1\nHostKey %s/host\nAuthorizedKeysFile %s/authorized\n"+
			"PidFile none\nUsePAM no\nStrictModes no\nPermitRootLogin yes\nPrintMotd no\n",
		port,
		dir,
		dir,
	)
	require.NoError(b, os.WriteFile(filepath.Join(dir, "config"), []byte(config), 0o600))
	if os.Getuid() == 0 {
		_ = os.MkdirAll("/run/sshd", 0o755) // sshd needs this folder for privilege separation
	}
	server := exec.Command(sshd, "-D", "-e", "-f", filepath.Join(dir, "config"))
	require.NoError(b, server.Start())
	b.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
	})
	for end := time.Now().Add(remotetest.Timeout); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err == nil {
			conn.Close()
			break
		}
		if time.Now().After(end) {
			b.Skip("sshd does not start: ", err)
		}
	}
	me, err := user.Current()
	require.NoError(b, err)
	return func(command string) *exec.Cmd {
		return exec.Command("ssh", "-F", "none", "-T", "-p", port, "-i", filepath.Join(dir, "client"),
			"-o", "BatchMode=yes",
			"-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-o",
			"LogLevel=ERROR", me.Username+"@127.0.0.1", command)
	}
}

// BenchmarkRoundTripTLS measures a small request in a session with an audit log.
func BenchmarkRoundTripTLS(b *testing.B) {
	audit, err := audit.Open(filepath.Join(b.TempDir(), "audit.jsonl"))
	require.NoError(b, err)
	defer audit.Close()
	n := remotetest.NewNetwork(b, func(s *remote.Server) { s.Audit = audit })
	for _, verb := range []string{"PING", "STAT"} {
		b.Run(verb, func(b *testing.B) {
			l, _, err := link.Open(b.Context(), n.Dial(b), link.Opening{})
			require.NoError(b, err)
			defer l.Close()
			r := link.Request{Verb: codec.MakeVerb(verb)}
			if verb == "STAT" {
				r.Words = codec.Lits(".")
			}
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				_, err := l.Do(b.Context(), r)
				took = append(took, time.Since(start))
				require.NoError(b, err)
			}
			b.ReportMetric(float64(remotetest.Median(took).Nanoseconds())/1000, "p50_us")
		})
	}
}

// BenchmarkIdleConnection measures the memory of the server for an idle session. The
// clients are in the same process, so about half of the result belongs to the server.
func BenchmarkIdleConnection(b *testing.B) {
	const many = 64
	n := remotetest.NewNetwork(b, func(s *remote.Server) { s.SessionsEach = many })
	var conns []*link.Link
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		for range many {
			l, _, err := link.Open(b.Context(), n.Dial(b), link.Opening{})
			require.NoError(b, err)
			_, err = l.Do(b.Context(), link.Request{Verb: codec.MakeVerb("DIR")})
			require.NoError(b, err)
			conns = append(conns, l)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(
			float64(after.HeapInuse+after.StackInuse-before.HeapInuse-before.StackInuse)/many/2/1024,
			"KiB/end",
		)
		for _, l := range conns {
			l.Close()
		}
		conns = nil
		for remotetest.Live(n.Server) > 0 {
			runtime.Gosched()
		}
	}
}

// BenchmarkHandshake measures a TLS handshake alone, both ends of it.
func BenchmarkHandshake(b *testing.B) {
	who, err := trust.NewIdentity()
	require.NoError(b, err)
	n := remotetest.NewNetwork(b)
	for b.Loop() {
		conn := n.DialAs(b, who)
		f, err := codec.NewConn(conn).ReadFrame()
		require.NoError(b, err)
		require.Equal(b, codec.ERR, f.Verb)
		conn.Close()
	}
}
