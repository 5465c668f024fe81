package dialect_test

import (
	"io"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"

	"techsh/codec/dialect"
)

// served returns a request and its reply, with which tests check that a server still
// works.
func served(name string) (request, reply string) {
	switch name {
	case "echo":
		return "Barak", "Barak"
	case "hello":
		return "shai", "Hello shai"
	case "ex26-slide":
		return "NAME", "09office-pc"
	case "ex26":
		return "04NAME", "09office-pc"
	}
	return framed4("COPY a b"), "0002OK"
}

// atEach runs a test with a server of each dialect, which must still work afterwards.
func atEach(t *testing.T, test func(t *testing.T, name, addr string)) {
	for _, name := range dialect.Names() {
		t.Run(name, func(t *testing.T) {
			addr := overTCP(t, name, newComputer())
			test(t, name, addr)
			request, reply := served(name)
			exchanges(t, connect(t, addr), request, reply)
		})
	}
}

// pour writes text and ignores errors.
func pour(conn *net.TCPConn, text string) {
	_, _ = conn.Write([]byte(text))
}

func TestEveryFirstByte(t *testing.T) {
	atEach(t, func(t *testing.T, name, addr string) {
		var wg sync.WaitGroup
		for first := range 256 {
			for _, rest := range []string{"", "004EXIT", "\r\n\r\n", strings.Repeat("\xff", 20)} {
				conn := connect(t, addr)
				pour(conn, string([]byte{byte(first)})+rest)
				_ = conn.CloseWrite()
				wg.Go(func() {
					_, _ = io.Copy(io.Discard, conn) // until the server closes
					conn.Close()
				})
			}
			if first%16 == 15 {
				wg.Wait()
			}
		}
		wg.Wait()
	})
}

func TestCutsOfAConversation(t *testing.T) {
	atEach(t, func(t *testing.T, name, addr string) {
		all := ""
		for _, s := range capture(t, name) {
			all += s.request
		}
		for n := range len(all) {
			conn := connect(t, addr)
			pour(conn, all[:n])
			if n%2 == 0 {
				_ = conn.SetLinger(0) // the client disappears without a close
			}
			conn.Close()
		}
	})
}

func TestFloods(t *testing.T) {
	random := make([]byte, 1<<20)
	source := rand.NewChaCha8([32]byte{1})
	_, _ = source.Read(random)
	atEach(t, func(t *testing.T, name, addr string) {
		for _, flood := range []string{
			strings.Repeat("A", 1<<20) + "\n", strings.Repeat("0", 1<<16), strings.Repeat("9", 1<<20),
			strings.Repeat("\x00", 1<<20), string(random),
			strings.Repeat("0003DIR", 1<<12),
		} {
			conn := connect(t, addr)
			var wg sync.WaitGroup
			wg.Go(func() { _, _ = io.Copy(io.Discard, conn) })
			pour(conn, flood)
			conn.Close()
			wg.Wait()
		}
	})
}

func TestTwoHundredAtOnce(t *testing.T) {
	atEach(t, func(t *testing.T, name, addr string) {
		conns := make([]*net.TCPConn, 200)
		for i := range conns {
			conns[i] = connect(t, addr)
		}
		request, reply := served(name)
		for _, c := range conns {
			say(t, c, request)
		}
		for _, c := range conns {
			expect(t, c, reply)
		}
		if !strings.HasPrefix(name, "ex") {
			return
		}
		for _, c := range conns {
			exchanges(t, c, request, reply)
		}
	})
}
