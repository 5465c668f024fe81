package shell

import (
	"context"
	"errors"
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

func TestChecksAreAboutTheSpecification(t *testing.T) {
	spec, err := os.ReadFile("../codec/doc.go")
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, c := range checks() {
		require.Contains(t, string(spec), "\n// # "+c.section+"\n", c.name)
		require.False(t, seen[c.section+c.name], "%s: %s stands there twice", c.section, c.name)
		seen[c.section+c.name] = true
		require.NotEmpty(t, c.expected(), c.name)
	}
}

// A faulty server speaks a little of the protocol, with one fault.
type faulty struct {
	resyncs bool // goes on at the next header that it likes
	twice   bool // answers PING twice
	stays   bool // says why, and does not hang up
	silent  bool // hangs up without saying why
	endless bool // lists for ever
	mumbles bool // says again what it was sent
}

// listen serves connections, one after another, until the test ends.
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

func (f faulty) serve(conn net.Conn) {
	if f.mumbles {
		_, _ = io.Copy(conn, conn)
		return
	}
	say := func(verb, body string) { _, _ = io.WriteString(conn, frame(verb, body)) }
	say("HELO", "techsh/1 session=1 system=linux host=other user=ann cwd=/ verbs=PING,ECHO,EXIT,HELP\n")
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
			_, _ = io.Copy(io.Discard, conn) // so that it can be read
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
	return func(ctx context.Context, _ string, _ func(string) (string, error)) (io.ReadWriteCloser, link.Opening, error) {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
		return conn, link.Opening{Cookie: cookie}, err
	}
}

func TestLintFindsFaults(t *testing.T) {
	t.Parallel()
	const (
		broken  = "a letter in LENGTH"
		resync  = "a broken header, and a whole frame behind it: never resynchronise"
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
		"it answers twice":  {faulty{twice: true}, []string{twice, further, broken, resync, exit}, "OK, OK\n"},
		"it never hangs up": {faulty{stays: true}, []string{broken, resync}, "ERR bad-frame no, nothing more within 1s"},
		"it says nothing":   {faulty{silent: true}, []string{broken, resync}, "end"},
		"it never ends":     {faulty{endless: true}, []string{help}, "…"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel() // the checks wait for what does not come
			s, output := unconnected(t, reaching(c.listen(t), ""))
			l := &linter{s: s, within: time.Second}
			require.NoError(t, l.meet(t.Context(), false))
			var failed []string
			for _, one := range checks() {
				if !slices.Contains([]string{broken, resync, further, exit, twice}, one.name) && !(one.name == help && c.endless) {
					continue
				}
				before := l.failed
				require.NoError(t, l.check(t.Context(), one))
				if l.failed > before {
					failed = append(failed, one.name)
				}
			}
			text := output()
			require.ElementsMatch(t, c.fails, failed, text)
			require.Contains(t, text, c.came)
			if len(failed) > 0 {
				require.Regexp(t, `(?m)^FAIL .*\n      sent      "[^\n]+\n      expected  [^\n]+\n      came      [^\n]+\n      missing   [^\n]+\n      see       codec/doc.go, `, text)
			}
		})
	}
}

// A server that says again what it hears does not get the cookie printed.
func TestLintPrintsNoCookie(t *testing.T) {
	t.Parallel()
	s, output := unconnected(t, reaching(faulty{mumbles: true}.listen(t), cookie))
	require.Error(t, s.does(t, "lint"))
	require.NotContains(t, output(), cookie[:6])
	l := &linter{s: s, within: 300 * time.Millisecond, plain: true}
	for _, c := range gateChecks() {
		if c.as == "" {
			require.NoError(t, l.check(t.Context(), c))
		}
	}
	require.Contains(t, output(), "have the cookie in them")
	require.NotContains(t, output(), cookie[:6])
	i := &inspection{opening: link.Opening{Cookie: cookie}}
	require.Contains(t, i.summary(codec.Frame{Verb: codec.OK, Body: []byte(cookie + "\n")}), cookieHere)
}

func TestLintFindsAServerThatTakesStrangers(t *testing.T) {
	t.Parallel()
	addr := faulty{}.listen(t)
	s, output := unconnected(t, reaching(addr, ""))
	l := &linter{s: s, within: 300 * time.Millisecond}
	for _, knock := range []struct {
		Knock
		passed, failed int
	}{
		{func(context.Context, string, Stranger) (io.ReadWriteCloser, error) { return net.Dial("tcp", addr) }, 0, 5},
		{func(context.Context, string, Stranger) (io.ReadWriteCloser, error) {
			return nil, &TurnedAwayError{errors.New("handshake failure")}
		}, 4, 1}, // who has a key of its own must get to read why
		{func(context.Context, string, Stranger) (io.ReadWriteCloser, error) { return nil, errors.ErrUnsupported }, 0, 0},
	} {
		s.Knock, l.passed, l.failed = knock.Knock, 0, 0
		for _, c := range gateChecks() {
			if c.as != "" {
				require.NoError(t, l.check(t.Context(), c))
			}
		}
		require.Equal(t, []int{knock.passed, knock.failed}, []int{l.passed, l.failed}, output())
	}
}

// A farAway is a connection to another computer, as far as it says.
type farAway struct{ net.Conn }

func (farAway) RemoteAddr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 7), Port: 8820} }

func TestLintLeavesServersOfOthersAlone(t *testing.T) {
	addr := faulty{}.listen(t)
	written := 0
	s, output := unconnected(t, func(ctx context.Context, _ string, _ func(string) (string, error)) (io.ReadWriteCloser, link.Opening, error) {
		conn, err := net.Dial("tcp", addr)
		return &counting{farAway{conn}, &written}, link.Opening{}, err
	})
	require.Error(t, s.does(t, "lint office-pc"))
	require.Equal(t, "lint: office-pc is not this computer\n  lint --mine, if that server is yours: it is sent what it has to refuse\n", output())
	require.Zero(t, written)
	l := &linter{s: s, within: time.Second}
	require.NoError(t, l.meet(t.Context(), true))
	require.NotZero(t, written)
}

type counting struct {
	net.Conn
	written *int
}

func (c *counting) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	*c.written += n
	return n, err
}

func TestLintIsCancelled(t *testing.T) {
	t.Parallel()
	addr, _ := plainServer(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	reached := 0
	s, _ := unconnected(t, func(ctx context.Context, target string, ask func(string) (string, error)) (io.ReadWriteCloser, link.Opening, error) {
		if reached++; reached == 5 {
			cancel(errInterrupted)
		}
		return reaching(addr, cookie)(context.WithoutCancel(ctx), target, ask)
	})
	r, err := s.find("lint", false)
	require.NoError(t, err)
	in, err := r.invoke("lint", nil)
	require.NoError(t, err)
	require.ErrorIs(t, lint(ctx, s, in), errInterrupted)
	require.Equal(t, 5, reached, "it does not go on after Ctrl-C")
}
