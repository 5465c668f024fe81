package lint_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/protocol/lint"
)

const cookie = "3f9ac2d1a7b8"

func TestChecksAreAboutTheSpecification(t *testing.T) {
	spec, err := os.ReadFile("../../../codec/doc.go")
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, c := range lint.Checks() {
		require.Contains(t, string(spec), "\n// # "+c.Section+"\n", c.Name)
		require.False(t, seen[c.Section+c.Name], "%s: %s occurs twice", c.Section, c.Name)
		seen[c.Section+c.Name] = true
		require.NotEmpty(t, c.Expected(), c.Name)
	}
}

// A faulty is a minimal server with a fault.
type faulty struct {
	resyncs bool   // skips an invalid header and reads the next one
	twice   bool   // answers PING twice
	stays   bool   // reports an error, but keeps the connection open
	silent  bool   // closes the connection without an error
	endless bool   // sends an endless answer
	echoes  bool   // sends back what it receives
	cookie  string // sent in HELO
}

// listen serves connections, one at a time, until the test ends.
func (f faulty) listen(t *testing.T) (addr string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			f.serve(conn)
			conn.Close()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		<-done
	})
	return l.Addr().String()
}

// frame returns an encoded frame.
func frame(verb, body string) string { return fmt.Sprintf("%-4s %010d\n%s", verb, len(body), body) }

func (f faulty) serve(conn net.Conn) {
	if f.echoes {
		_, _ = io.Copy(conn, conn)
		return
	}
	say := func(verb, body string) { _, _ = io.WriteString(conn, frame(verb, body)) }
	say(
		"HELO",
		"techsh/1 session=1 system=linux host=other"+f.cookie+" user=ann cwd=/ verbs=PING,ECHO,EXIT,HELP\n",
	)
	header := make([]byte, codec.HeaderSize)
	for {
		if _, err := io.ReadFull(conn, header); err != nil {
			return
		}
		for !regexp.MustCompile(`^[A-Z]{1,4} {1,4}\d{10}\n$`).Match(header) {
			switch {
			case f.resyncs:
				copy(header, header[1:])
				if _, err := io.ReadFull(conn, header[len(header)-1:]); err != nil {
					return
				}
				continue
			case f.silent:
				return
			}
			say("ERR", "bad-frame no\n")
			if !f.stays {
				_ = conn.(*net.TCPConn).CloseWrite()
			}
			_, _ = io.Copy(io.Discard, conn) // lets the client read what was sent before the connection is closed
			return
		}
		n, _ := strconv.Atoi(string(header[5:15]))
		body := make([]byte, n)
		if _, err := io.ReadFull(conn, body); err != nil {
			return
		}
		switch verb := strings.TrimSpace(string(header[:4])); verb {
		case "PING":
			if say("OK", ""); f.twice {
				say("OK", "")
			}
		case "ECHO":
			say("DATA", string(body))
			say("OK", "")
		case "EXIT":
			say("OK", "")
			return
		case "HELP":
			for f.endless {
				if _, err := io.WriteString(conn, frame("DATA", "more and more\n")); err != nil {
					return
				}
			}
		}
	}
}

// dialing returns a function that connects to addr.
func dialing(addr, cookie string) func(context.Context) (io.ReadWriteCloser, link.Opening, error) {
	return func(ctx context.Context) (io.ReadWriteCloser, link.Opening, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		return conn, link.Opening{Cookie: cookie}, err
	}
}

// failing runs the chosen checks, and returns the names of those that fail and
// everything that was received.
func failing(t *testing.T, l *lint.Linter, chosen func(lint.Check) bool) (failed []string, came string) {
	t.Helper()
	for _, c := range lint.Checks() {
		if !l.Applies(c) || !chosen(c) {
			continue
		}
		r, applies, err := l.Do(t.Context(), c)
		require.NoError(t, err)
		require.NoError(t, r.Lost)
		if applies && r.Outcome == lint.Fail {
			require.NotEmpty(t, r.Missing)
			failed, came = append(failed, c.Name), came+r.Came+"\n"
		}
	}
	return failed, came
}

func TestLintFindsFaults(t *testing.T) {
	t.Parallel()
	const (
		broken  = "a letter in LENGTH"
		resync  = "a broken header, and a whole frame after it: no resynchronising"
		further = "a frame byte by byte"
		help    = "HELP"
		exit    = "EXIT"
		twice   = "HELO with an unknown pair, and a call"
	)
	for name, c := range map[string]struct {
		faulty
		fails []string
		came  string
	}{
		"none":              {faulty{}, nil, ""},
		"it resynchronises": {faulty{resyncs: true}, []string{broken, resync}, `DATA "hello\n", OK`},
		"it never hangs up": {
			faulty{stays: true},
			[]string{broken, resync},
			"ERR bad-frame no, nothing more within 1s",
		},
		"it says nothing": {faulty{silent: true}, []string{broken, resync}, "end"},
		"it never ends":   {faulty{endless: true}, []string{help}, "…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // the checks wait for timeouts
			l, err := lint.Open(t.Context(), lint.Server{Dial: dialing(c.listen(t), ""), Timeout: time.Second})
			require.NoError(t, err)
			failed, came := failing(t, l, func(one lint.Check) bool {
				return slices.Contains(
					[]string{broken, resync, further, exit, twice},
					one.Name,
				) || one.Name == help && c.endless
			})
			require.ElementsMatch(t, c.fails, failed, came)
			require.Contains(t, came, c.came)
		})
	}
	t.Run("it answers twice", func(t *testing.T) {
		t.Parallel()
		l, err := lint.Open(
			t.Context(),
			lint.Server{Dial: dialing(faulty{twice: true}.listen(t), ""), Timeout: time.Second},
		)
		require.NoError(t, err)
		names := []string{twice, further, broken, resync, exit}
		failed, came := failing(t, l, func(one lint.Check) bool { return slices.Contains(names, one.Name) })
		require.ElementsMatch(t, names, failed)
		require.Contains(t, came, "OK, OK\n")
	})
}

// A server that sends back the cookie must not make lint print it.
func TestLintPrintsNoCookie(t *testing.T) {
	t.Parallel()
	_, err := lint.Open(
		t.Context(),
		lint.Server{Dial: dialing(faulty{echoes: true}.listen(t), cookie), Timeout: time.Second},
	)
	require.ErrorContains(t, err, "contain the cookie")
	require.NotContains(t, err.Error(), cookie[:6])
	server := lint.Server{Dial: dialing(faulty{cookie: cookie}.listen(t), cookie), Timeout: time.Second}
	_, err = lint.Open(t.Context(), server)
	require.ErrorContains(t, err, "host=otherCOOKIE")
	require.NotContains(t, err.Error(), cookie[:6])
}

func TestLintFindsAServerThatAcceptsAnyHandshake(t *testing.T) {
	t.Parallel()
	addr := faulty{}.listen(t)
	type handshake func(context.Context, lint.Handshake) (io.ReadWriteCloser, error)
	for name, c := range map[string]struct {
		handshake handshake
		passed    int
		failed    int
	}{
		"accepted": {
			func(context.Context, lint.Handshake) (io.ReadWriteCloser, error) {
				return net.Dial("tcp", addr)
			}, 0, 5,
		},
		"refused": { // with an unknown key, the client must be able to read the reason
			func(context.Context, lint.Handshake) (io.ReadWriteCloser, error) {
				return nil, &lint.RefusedError{Reason: errors.New("handshake failure")}
			}, 4, 1,
		},
		"none": {
			func(context.Context, lint.Handshake) (io.ReadWriteCloser, error) {
				return nil, errors.ErrUnsupported
			}, 0, 0,
		},
	} {
		l, err := lint.Open(t.Context(), lint.Server{
			Dial:      dialing(addr, ""),
			Handshake: c.handshake,
			Timeout:   300 * time.Millisecond,
		})
		require.NoError(t, err)
		outcomes := map[lint.Outcome]int{}
		for _, one := range lint.Checks() {
			if one.Section != "Trust" {
				continue
			}
			r, applies, err := l.Do(t.Context(), one)
			require.NoError(t, err)
			if applies {
				outcomes[r.Outcome]++
			}
		}
		require.Equal(t, []int{c.passed, c.failed}, []int{outcomes[lint.Pass], outcomes[lint.Fail]}, name)
	}
}

// A remoteConn is a connection whose address is that of another computer.
type remoteConn struct {
	net.Conn
	written *int
}

func (remoteConn) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 8820} }

func (c remoteConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	*c.written += n
	return n, err
}

func TestLintLeavesOtherServersAlone(t *testing.T) {
	addr := faulty{}.listen(t)
	written := 0
	server := lint.Server{Timeout: time.Second, Dial: func(context.Context) (
		io.ReadWriteCloser,
		link.Opening,
		error,
	) {
		conn, err := net.Dial("tcp", addr)
		return remoteConn{conn, &written}, link.Opening{}, err
	}}
	_, err := lint.Open(t.Context(), server)
	require.ErrorIs(t, err, lint.ErrRemote)
	require.Zero(t, written)
	server.Remote = true
	_, err = lint.Open(t.Context(), server)
	require.NoError(t, err)
	require.NotZero(t, written)
	dial := func(context.Context) (io.ReadWriteCloser, link.Opening, error) {
		local, _ := net.Pipe()
		return local, link.Opening{}, nil
	}
	_, err = lint.Open(t.Context(), lint.Server{Timeout: time.Second, Dial: dial})
	require.ErrorIs(t, err, lint.ErrDialect)
}
