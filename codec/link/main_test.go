package link_test

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"techsh/codec"
	"techsh/codec/link"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testTimeout is how long a test waits for something that must happen: much longer than it
// takes on the slowest machine.
const testTimeout = 30 * time.Second

// rounds returns few, or all if the environment has TECHSH_TORTURE=1.
func rounds(all, few int) int {
	if os.Getenv("TECHSH_TORTURE") == "1" {
		return all
	}
	return few
}

// pipe and loopback return the two ends of a connection.
func pipe(testing.TB) (client, server net.Conn) { return net.Pipe() }

func loopback(t testing.TB) (client, server net.Conn) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer l.Close()
	client, err = net.Dial("tcp", l.Addr().String())
	require.NoError(t, err)
	server, err = l.Accept()
	require.NoError(t, err)
	return client, server
}

type ends func(testing.TB) (client, server net.Conn)

// overEach runs a test over net.Pipe, which has no buffer, and over TCP.
func overEach(t *testing.T, test func(t *testing.T, connect ends)) {
	t.Run("pipe", func(t *testing.T) { test(t, pipe) })
	t.Run("tcp", func(t *testing.T) { test(t, loopback) })
}

// serve answers the calls on conn with handle until the test ends. The returned channel
// receives the result of Serve.
func serve(t testing.TB, conn net.Conn, handle link.Handler) <-chan error {
	ctx, cancel := context.WithCancel(t.Context())
	done, over := make(chan error, 1), make(chan struct{})
	go func() {
		defer close(over)
		watched := link.NewTimedConn(conn)
		c := codec.NewConn(watched)
		c.Hand = true
		hello := codec.Hello{Versions: []string{codec.Version}, Verbs: []string{"ECHO"}}
		if err := errors.Join(c.WriteWords(codec.HELO, hello.Words()...), c.Flush()); err != nil {
			conn.Close()
			done <- err
			return
		}
		l := link.New(c, watched)
		l.Grace = func() (answer, leave time.Duration) { // of a server that waits for its handlers
			return 24 * time.Hour, 24 * time.Hour
		}
		done <- l.Serve(ctx, handle)
	}()
	t.Cleanup(func() {
		cancel()
		<-over
	})
	return done
}

// open returns a client whose server answers with handle.
func open(t testing.TB, connect ends, handle link.Handler) *link.Link {
	client, server := connect(t)
	serve(t, server, handle)
	return openOn(t, client)
}

func openOn(t testing.TB, conn net.Conn) *link.Link {
	l, _, err := link.Open(t.Context(), conn, link.Opening{})
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	return l
}

// raw is a client that sends frames or single bytes. It always reads.
type raw struct {
	*codec.Conn
	net    net.Conn
	frames chan got // closed at the end of the connection
}

type got struct {
	verb codec.Verb
	body string
	at   time.Time
}

func openRaw(t testing.TB, conn net.Conn) *raw {
	r := &raw{Conn: codec.NewConn(conn), net: conn, frames: make(chan got, 1000)}
	over := make(chan struct{})
	go func() {
		defer close(over)
		defer close(r.frames)
		for {
			f, err := r.ReadFrame()
			if err != nil {
				conn.Close()
				return
			}
			r.frames <- got{f.Verb, string(f.Body), time.Now()}
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		<-over
	})
	require.Equal(t, codec.HELO, r.next(t).verb)
	return r
}

// openRawTo is openRaw with a server that answers with handle.
func openRawTo(t testing.TB, connect ends, handle link.Handler) *raw {
	client, server := connect(t)
	serve(t, server, handle)
	return openRaw(t, client)
}

// next returns the next frame, or the zero got at the end.
func (r *raw) next(t testing.TB) got {
	t.Helper()
	select {
	case g := <-r.frames:
		return g
	case <-time.After(testTimeout):
		require.Fail(t, "the server says nothing")
		return got{}
	}
}

// rest returns all frames up to the end.
func (r *raw) rest(t testing.TB) []got {
	t.Helper()
	var all []got
	for {
		g := r.next(t)
		if g.verb == 0 {
			return all
		}
		all = append(all, g)
	}
}

// say writes frames of words: a verb and its line.
func (r *raw) say(t testing.TB, verb string, words ...string) {
	t.Helper()
	require.NoError(t, r.WriteWords(codec.MakeVerb(verb), codec.Lits(words...)...))
	require.NoError(t, r.Flush())
}

func call(verb string, words ...string) link.Request {
	return link.Request{Verb: codec.MakeVerb(verb), Words: codec.Lits(words...)}
}

// echo answers with the words of a call as pairs said=WORD.
func echo(c *link.Call) (codec.Pairs, error) {
	c.NoStream()
	words, _, err := c.Words()
	if err != nil || len(words) == 0 {
		return nil, err
	}
	return codec.Pairs{{Key: "said", Value: words[0].Text}}, nil
}

// requireAlive makes a call and checks its answer.
func requireAlive(t testing.TB, l *link.Link, word string) {
	t.Helper()
	pairs, err := l.Do(t.Context(), call("ECHO", word))
	require.NoError(t, err)
	require.Equal(t, codec.Pairs{{Key: "said", Value: word}}, pairs)
}

// closed receives from c or fails the test after testTimeout.
func closed[T any](t testing.TB, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(testTimeout):
		require.Fail(t, "it does not end")
		panic("not reached")
	}
}

// pour writes n bytes, 64 KiB with each Write.
func pour(ctx context.Context, to io.Writer, n int) error {
	block := make([]byte, 64<<10)
	for ; n > 0 && ctx.Err() == nil; n -= len(block) {
		if _, err := to.Write(block); err != nil {
			return err
		}
	}
	return context.Cause(ctx)
}

// dataTo is a writer that sends each Write as a DATA frame.
type dataTo struct{ *codec.Conn }

func (d dataTo) Write(b []byte) (int, error) {
	if err := d.Conn.Write(codec.DATA, b); err != nil {
		return 0, err
	}
	return len(b), d.Flush()
}
