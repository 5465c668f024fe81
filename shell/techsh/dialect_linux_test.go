package main

import (
	"image"
	_ "image/jpeg"
	_ "image/png"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestAPictureCrossesADialect saves a picture of an X server's screen.
func TestAPictureCrossesADialect(t *testing.T) {
	t.Setenv("DISPLAY", startX(t))
	t.Setenv("WAYLAND_DISPLAY", "")
	t.Setenv("XDG_SESSION_TYPE", "")
	c := newDialectServer(t, "--dialect", "ex27=:0")
	for format, want := range map[string]string{"": "png", "--format jpeg": "jpeg"} {
		shot := "shot " + format + " -o " + filepath.Join(c.dir, "desk."+want)
		out, errs, status := c.techsh("--dialect", "ex27", "-c", shot, c.addrs["ex27"])
		require.Zero(t, status, errs)
		f, err := os.Open(strings.TrimSpace(out))
		require.NoError(t, err)
		defer f.Close()
		config, is, err := image.DecodeConfig(f)
		require.NoError(t, err)
		require.Equal(t, want, is)
		require.Equal(t, image.Pt(320, 200), image.Pt(config.Width, config.Height))
	}
	c.logs("shot --format jpeg")
	c.logs("sends the last picture")
}

// TestEachDialectPortAndEachSourceHasItsOwnLimit requires that neither many clients from
// one address nor many at one port keep those of others out.
func TestEachDialectPortAndEachSourceHasItsOwnLimit(t *testing.T) {
	c := newDialectServer(t, "--dialect", "ex27=:0,ex26=:0", "--sessions", "4/2")
	// dial opens a connection that sends the beginning of a request.
	dial := func(dialect, from, begin string) net.Conn {
		conn, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}).Dial("tcp", c.addrs[dialect])
		require.NoError(t, err)
		t.Cleanup(func() { conn.Close() })
		require.NoError(t, conn.SetDeadline(time.Now().Add(testTimeout)))
		_, err = conn.Write([]byte(begin))
		require.NoError(t, err)
		return conn
	}
	requireReply := func(conn net.Conn, rest, reply string) {
		t.Helper()
		_, err := conn.Write([]byte(rest))
		require.NoError(t, err)
		b := make([]byte, len(reply))
		_, err = io.ReadFull(conn, b)
		require.NoError(t, err)
		require.Equal(t, reply, string(b))
	}
	requireRefused := func(conn net.Conn) {
		t.Helper()
		_, err := conn.Read(make([]byte, 1))
		require.Error(t, err)
		require.False(t, os.IsTimeout(err))
	}
	const unknown, wrong = "0003XYZ", "0025Bad command or parameters"
	for range 250 { // silent ones take no place of those that speak
		dial("ex27", "127.0.0.2", "")
	}
	var speaking []net.Conn
	for range 2 {
		conn := dial("ex27", "127.0.0.2", unknown)
		requireReply(conn, "", wrong)
		speaking = append(speaking, conn)
	}
	requireRefused(dial("ex27", "127.0.0.2", unknown))
	for range 2 {
		requireReply(dial("ex27", "127.0.0.3", unknown), "", wrong)
	}
	requireRefused(dial("ex27", "127.0.0.4", unknown))
	requireReply(dial("ex26", "127.0.0.4", "04XYZZ"), "", "13Wrong command")
	for _, conn := range speaking { // nobody was displaced
		requireReply(conn, unknown, wrong)
	}
	speaking[0].Close()
	for {
		conn := dial("ex27", "127.0.0.4", unknown)
		if n, _ := conn.Read(make([]byte, len(wrong))); n == len(wrong) {
			break // the place is free
		}
		conn.Close()
	}
	c.logs("refused 127.0.0.2")
}
