package protocol_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/shell/shelltest"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/console"
)

// within10 is the option for an answer that must be received; only a failing test
// waits for so long.
const within10 = "--within 10s "

func TestRawSendsWhatItIsToldAndExpectWaits(t *testing.T) {
	t.Parallel()
	s := shelltest.NewPlain(t)
	got := s.Says("raw " + within10 + "DIR logs; expect DATA a.log; expect OK")
	require.Contains(t, got, "> AUTH      27  **************************\n< HELO ")
	require.Contains(t, got, "\n> DIR        5  logs\n< FILE ")
	require.True(t, strings.HasSuffix(got, "\n< OK         0\n"), got)

	got = s.Says(
		"raw put by-hand.txt; raw FILE f 0644 - - x; raw data hello; raw SUM " +
			"none; raw " + within10 + "END; expect OK files=1",
	)
	require.True(
		t,
		strings.HasPrefix(got, "> PUT       12  by-hand.txt\n> FILE"),
		"the connection is the same: %s",
		got,
	)
	b, err := os.ReadFile(filepath.Join(s.Tree, "by-hand.txt"))
	require.NoError(t, err)
	require.Equal(t, "hello\n", string(b))

	frames := "PWD  0000000000\nECHO 0000000006\nhello\n"
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "frames.bin"), []byte(frames), 0o644))
	got = s.Says("raw -f frames.bin; expect " + within10 + "OK cwd; expect " + within10 + "DATA hello")
	require.True(t, strings.HasPrefix(got, "> PWD        0\n> ECHO       6  hello\n"), got)
	require.Contains(t, got, "< DATA       6  hello\\x0a\n")
	require.NotContains(t, got, "expect:")

	got = s.Says("raw " + within10 + "-x 4e 4f 4e 53 45 4e 53 45 21 21 21 21 21 21 21 21")
	require.Contains(t, got, "> not a frame      16  NONSENSE!!!!!!!!\n< ERR ")
	require.Contains(
		t,
		s.Says("expect "+within10+"OK"),
		"expect: OK: the remote closed the connection before it was received\n",
	)
	require.Contains(t, s.Says("raw "+within10+"PING; expect OK"), "< HELO ", "a new connection")
	require.Contains(t, s.Says("expect --within 0.05 OK"), "expect: OK: not received within 50ms\n")
}

// speaking returns a Session that is connected to a plain server. Further
// connections, such as those of raw, are to a server that sends says and then calls
// then.
func speaking(t *testing.T, o link.Opening, says string, then func(c net.Conn)) *shelltest.Session {
	t.Helper()
	var served sync.WaitGroup
	t.Cleanup(served.Wait)
	s := shelltest.NewPlain(t)
	s.Does("cd .")
	s.Dial = func(context.Context, string, func(string) (string, error)) (
		io.ReadWriteCloser,
		link.Opening,
		error,
	) {
		local, server := net.Pipe()
		served.Go(func() {
			defer server.Close()
			_, _ = io.WriteString(server, says)
			then(server)
		})
		return local, o, nil
	}
	return s
}

func drop(c net.Conn) { _, _ = io.Copy(io.Discard, c) }

func TestRawShowsNonsenseAsItComes(t *testing.T) {
	for name, row := range map[string]struct {
		opening link.Opening
		says    string
		want    string
	}{
		"another protocol": {
			says: "SSH-2.0-x\r\n\x1b[2J",
			want: "< not a frame      15  SSH-2.0-x\\x0d\\x0a\\x1b[2J\n",
		},
		"behind a frame": {
			says: "OK   0000000000\nHTTP/1.1 200 OK\r\n",
			want: "< OK         0\n< not a frame      17  HTTP/1.1 200 OK\\x0d\\x0a\n",
		},
		"too long": {says: "OK   0000070000\n", want: "< not a frame      16  OK   0000070000\\x0a\n"},
		"half a frame": {
			says: "OK   00000",
			want: "< not a frame      10  OK   00000\n< the remote has closed the connection\n",
		},
		"a carrier's noise": {
			opening: link.Opening{Noise: true},
			says:    "Welcome!\nHELO 0000000009\ntechsh/1\n",
			want:    "< HELO       9  techsh/1\n",
		},
		"nothing but noise": {
			opening: link.Opening{Noise: true},
			says:    "No route",
			want:    "< not a frame       8  No route\n< the remote has",
		},
		"what is for people": {
			says: "ERR  0000000021\nunpaired \"\x1b]0;title\"\n",
			want: "< ERR       21  unpaired \"\\x1b]0;title\"\n",
		},
		"it hangs up": {want: "< the remote has closed the connection\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s := speaking(t, row.opening, row.says, func(net.Conn) {})
			got := s.Says("raw --within 0.2 PING")
			require.Contains(t, got, row.want)
			require.NotContains(t, got, "\x1b")
		})
	}
}

func TestRawReportsAnIncompleteFrameAndCompletesItLater(t *testing.T) {
	rest := make(chan struct{})
	s := speaking(t, link.Opening{}, "HELO 0000000009\ntechsh/1\nOK   000000", func(c net.Conn) {
		select {
		case <-rest:
		case <-t.Context().Done():
		}
		go drop(c)
		_, _ = io.WriteString(c, "0000\n")
		<-t.Context().Done()
	})
	require.Contains(
		t,
		s.Says("expect --within 0.05 OK"),
		"< 11 bytes of an incomplete frame: OK   000000\n",
	)
	close(rest)
	require.Equal(t, "< OK         0\n", s.Says("expect "+within10+"OK"))
}

func TestRawWithoutAnAnswerSaysThatTheLinkWasLost(t *testing.T) {
	for frame, lost := range map[string]bool{"PING": true, "END": true, "TICK": false, "-x 00": false} {
		s := speaking(t, link.Opening{}, "HELO 0000000009\ntechsh/1\n", func(c net.Conn) {
			_, _ = c.Read(make([]byte, codec.HeaderSize))
		})
		err := s.Run("raw " + within10 + frame)
		require.Equal(t, lost, errors.Is(err, link.ErrLost), "%s: %v", frame, err)
	}
}

// TestRawReadsWhileItWrites sends more calls than fit into the buffers of a server
// that reads no further until its answers are read.
func TestRawReadsWhileItWrites(t *testing.T) {
	t.Parallel()
	const calls = 2000
	s := speaking(t, link.Opening{}, "HELO 0000000009\ntechsh/1\n", func(c net.Conn) {
		for {
			if _, err := io.ReadFull(c, make([]byte, codec.HeaderSize)); err != nil {
				return
			}
			_, _ = io.WriteString(c, "OK   0000000000\n")
		}
	})
	frames := bytes.Repeat([]byte("PING 0000000000\n"), calls)
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "calls"), frames, 0o644))
	require.Equal(t, calls, strings.Count(s.Says("raw -f calls"), "< OK"))
}

func TestRawGivesUpAServerThatDoesNotRead(t *testing.T) {
	t.Parallel()
	s := speaking(t, link.Opening{}, "HELO 0000000009\ntechsh/1\n", func(net.Conn) { <-t.Context().Done() })
	dialled, dial := 0, s.Dial
	s.Dial = func(ctx context.Context, target string, ask func(string) (string, error)) (
		io.ReadWriteCloser, link.Opening, error,
	) {
		dialled++
		return dial(ctx, target, ask)
	}
	require.NoError(t, os.WriteFile(filepath.Join(s.Dir, "much"), make([]byte, 16<<20), 0o644))
	require.ErrorContains(t, s.Run("raw --within 0.01 -f much"), "does not read")
	_ = s.Run("raw --within 0.01 PING")
	require.Equal(t, 2, dialled, "what is sent next goes another way")
}

func TestCtrlCEndsRaw(t *testing.T) {
	var s *shelltest.Session
	s = speaking(t, link.Opening{}, "HELO 0000000009\ntechsh/1\n", func(c net.Conn) {
		_, _ = io.ReadFull(c, make([]byte, codec.HeaderSize))
		s.Interrupt()
		drop(c)
	})
	require.ErrorIs(t, s.Run("raw --within 1h PING"), console.ErrInterrupted)
}

func TestTheCookieOfRawIsSentOnceAndARefusalIsShown(t *testing.T) {
	s := shelltest.NewPlain(t)
	s.Does("cd .")
	dial := s.Dial
	s.Dial = func(
		ctx context.Context, target string, ask func(string) (string, error),
	) (io.ReadWriteCloser, link.Opening, error) {
		conn, o, err := dial(ctx, target, ask)
		o.Cookie = "wrong"
		return conn, o, err
	}
	require.Contains(t, s.Says("raw PING"), "not-allowed \"wrong cookie, 2 tries left\"")
	_ = s.Run("raw -x 00") // the server closes the connection
	s.Dial = func(context.Context, string, func(string) (string, error)) (
		io.ReadWriteCloser,
		link.Opening,
		error,
	) {
		return nil, link.Opening{}, errors.New("office-pc: no route")
	}
	s.Printed()
	require.Equal(t, "raw: office-pc: no route\n", s.Says("raw PING"))
}
