package dialect_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/codec/link"
)

// A step is a request of the client and the answer of the server, which may be closing
// the connection.
type step struct {
	request string
	reply   string
	eof     bool
}

// capture reads a captured conversation from testdata/dialects.
func capture(t testing.TB, name string) (steps []step) {
	text, err := os.ReadFile("../../testdata/dialects/" + name + ".txt")
	require.NoError(t, err)
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		who, said, _ := strings.Cut(strings.TrimSpace(line), " ")
		said, _, _ = strings.Cut(said, "  ")
		if said == "EOF" {
			steps[len(steps)-1].eof = true
			continue
		}
		times := 1
		if fields := strings.Fields(said); fields[0] == "repeat" {
			times, err = strconv.Atoi(fields[1])
			require.NoError(t, err, line)
			said = fields[2]
		}
		b, err := hex.DecodeString(strings.ReplaceAll(said, " ", ""))
		require.NoError(t, err, line)
		b = bytes.Repeat(b, times)
		if who == "C>S" {
			steps = append(steps, step{request: string(b)})
		} else {
			steps[len(steps)-1].reply += string(b)
		}
	}
	return steps
}

func TestTheServerSpeaksAsCaptured(t *testing.T) {
	for _, name := range dialect.Names() {
		t.Run(name, func(t *testing.T) {
			c := newComputer()
			if name == "ex26-slide" {
				c.clock = "2026-11-22T12:58:16.397874000+02:00"
			}
			conn := connect(t, overTCP(t, name, c))
			for _, s := range capture(t, name) {
				exchanges(t, conn, s.request, s.reply)
				if s.eof {
					expectEOF(t, conn)
				}
			}
			require.Equal(t, map[string][]string{
				"echo": {"ECHO Barak"}, "hello": {`ECHO "Hello shai"`}, "ex26-slide": {"TIME"},
				"ex26": {"TIME"},
				"ex27": {"DIR /tmp/pw", "SHOT --format jpeg", "DEL /tmp/pw/nosuch.txt"},
			}[name], c.heard())
			require.Equal(t, conn.LocalAddr().String(), c.froms[0], "the session knows where its client is")
		})
	}
}

// TestTheClientSpeaksAsCaptured runs a server that gives the captured answers, and only
// to the captured requests.
func TestTheClientSpeaksAsCaptured(t *testing.T) {
	calls := map[string][]string{
		"echo": {"ECHO Barak"}, "hello": {"ECHO shai"}, "ex26-slide": {"TIME", ""}, "ex26": {"TIME"},
		"ex27": {"DIR /tmp/pw", "SHOT --format jpeg", "", "DEL /tmp/pw/nosuch.txt"},
	}
	answers := map[string][]string{
		"echo": {"Barak\n"}, "hello": {"Hello shai\n"}, "ex26-slide": {"T12:58:1"},
		"ex26": {"2026-11-22T12:58:1"},
		"ex27": {"f - - - a.txt\nf - - - \"b c.txt\"\n", string(photoOf(20000)), "Bad command or parameters"},
	}
	for _, name := range dialect.Names() {
		t.Run(name, func(t *testing.T) {
			steps := capture(t, name)
			if name == "ex26-slide" {
				steps = append(steps[:1], steps[2:]...) // our client never sends this
			}
			shell := play(t, name, steps)
			var got []string
			for _, call := range calls[name] {
				if call == "" {
					continue
				}
				text, err := ask(t, shell, call)
				if err != nil {
					text = err.Error()
				}
				got = append(got, text)
			}
			require.NoError(t, shell.Close())
			for i, want := range answers[name] {
				require.Contains(t, got[i], want)
			}
		})
	}
}

// play starts a server that gives the captured answers. The test must close the link,
// which ends the conversation.
func play(t testing.TB, name string, steps []step) *link.Link {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	played := make(chan error, 1)
	go func() { played <- follow(l, steps) }()
	t.Cleanup(func() {
		l.Close()
		require.NoError(t, <-played)
	})
	return open(t, name, func(ctx context.Context) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "tcp", l.Addr().String())
	})
}

// follow acts as the server for the first client that connects.
func follow(l net.Listener, steps []step) error {
	conn, err := l.Accept()
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, s := range steps {
		b := make([]byte, len(s.request))
		if n, err := io.ReadFull(conn, b); err != nil || string(b) != s.request {
			return fmt.Errorf("%q came instead of %q: %w", b[:n], s.request, err)
		}
		if _, err := conn.Write([]byte(s.reply)); err != nil {
			return err
		}
	}
	return nil
}

// open returns a link to a server of a dialect.
func open(t testing.TB, name string, dial dialect.Dial) *link.Link {
	conn, err := dialect.Open(t.Context(), name, "there", dial)
	require.NoError(t, err)
	l, _, err := link.Open(t.Context(), conn, link.Opening{})
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	return l
}

// ask makes a call from a typed line, and returns the DATA of the answer.
func ask(t testing.TB, l *link.Link, line string) (string, error) {
	return askIn(t.Context(), t, l, line)
}

func askIn(ctx context.Context, t testing.TB, l *link.Link, line string) (string, error) {
	words, err := codec.Split(line)
	require.NoError(t, err)
	var b bytes.Buffer
	_, err = l.Do(ctx, link.Request{
		Verb: codec.MakeVerb(words[0].Text), Words: words[1:],
		Recv: func(f codec.Frame) error {
			switch f.Verb {
			case codec.DATA:
				b.Write(f.Body)
			case codec.NOTE:
				b.WriteString("NOTE " + string(f.Body))
			}
			return nil
		},
	})
	return b.String(), err
}
