package dialect_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/codec/link"
)

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", "8"); err != nil { // parallel tests mostly wait for other programs
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// testTimeout is how long a test waits for something that must happen: much longer than it
// takes on the slowest machine.
const testTimeout = 60 * time.Second

// lacks skips a test because this machine lacks something that it needs. In CI the test
// fails instead.
func lacks(t *testing.T, what ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what...)
	}
	t.Skip(what...)
}

// A computer is the techsh/1 server that a server of a dialect calls. It records the
// calls.
type computer struct {
	clock   string // the answer to TIME
	names   []string
	photo   []byte
	file    []byte
	sum     string // the SUM of file; "" means none
	blocks  bool   // EXEC runs until it is cancelled
	running chan struct{}
	ended   chan error // receives the cause with which EXEC was cancelled

	mu    sync.Mutex
	calls []string
	froms []string // the addresses of the clients
}

func newComputer() *computer {
	return &computer{
		clock: "2026-11-22T12:58:17.000000000+02:00", names: []string{"b c.txt", "a.txt"},
		photo:   photoOf(20000),
		running: make(chan struct{}, 10), ended: make(chan error, 10),
	}
}

// photoOf returns size bytes that begin like a JPEG picture.
func photoOf(size int) []byte {
	b := make([]byte, size)
	copy(b, "\xff\xd8\xff")
	return b
}

func (c *computer) heard() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.calls
}

// serve implements the Session of a Server.
func (c *computer) serve(ctx context.Context, conn net.Conn) error {
	c.mu.Lock()
	c.froms = append(c.froms, conn.RemoteAddr().String())
	c.mu.Unlock()
	watched := link.NewTimedConn(conn)
	l := codec.NewConn(watched)
	hello := codec.Hello{Versions: []string{codec.Version}, System: "linux", Host: "office-pc"}
	if err := errors.Join(l.WriteWords(codec.HELO, hello.Words()...), l.Flush()); err != nil {
		return errors.Join(err, conn.Close())
	}
	return link.New(l, watched).Serve(ctx, c.handle)
}

func (c *computer) handle(ctx context.Context, call *link.Call) (codec.Pairs, error) {
	call.NoStream()
	words, line, err := call.Words()
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	c.calls = append(c.calls, strings.TrimSpace(call.Verb.String()+" "+line))
	c.mu.Unlock()
	data := func(text string) (codec.Pairs, error) { return nil, call.Write(codec.DATA, []byte(text)) }
	switch call.Verb.String() {
	case "ECHO":
		return data(words[0].Text + "\n")
	case "TIME":
		return data(c.clock + "\n")
	case "NAME":
		return data("office-pc\n")
	case "RAND":
		return data("7\n")
	case "DIR":
		for _, name := range c.names {
			e := codec.Entry{Kind: codec.Regular, Mode: 0o644, Size: 1, Name: name}
			if _, err := data(e.String() + "\n"); err != nil {
				return nil, err
			}
		}
		return nil, nil
	case "SHOT":
		if c.photo == nil {
			return nil, codec.Errorf(codec.NoDisplay, "")
		}
		return c.send(call, "shot.jpg", c.photo)
	case "GET":
		if c.file == nil {
			return nil, codec.Errorf(codec.NotFound, "")
		}
		return c.send(call, "file", c.file)
	case "EXEC":
		if !c.blocks {
			return codec.Pairs{codec.PairOf("exit", 0)}, nil
		}
		c.running <- struct{}{}
		<-ctx.Done()
		c.ended <- context.Cause(ctx)
		return nil, context.Cause(ctx)
	case "COPY":
		return nil, nil
	}
	return nil, codec.Errorf(codec.NotFound, "")
}

func (c *computer) send(call *link.Call, name string, b []byte) (codec.Pairs, error) {
	e := codec.Entry{Kind: codec.Regular, Mode: 0o600, Size: int64(len(b)), Name: name}
	if err := call.Write(codec.FILE, []byte(e.String()+"\n")); err != nil {
		return nil, err
	}
	for len(b) > 0 {
		n := min(len(b), 256<<10)
		if err := call.Write(codec.DATA, b[:n]); err != nil {
			return nil, err
		}
		b = b[n:]
	}
	if c.sum != "" {
		return nil, errors.Join(call.WriteWords(codec.SUM, codec.Lit(c.sum)), codec.Errorf(codec.Changed, ""))
	}
	return nil, call.WriteWords(codec.SUM, codec.Lit("none"))
}

// named returns the dialect with that name.
func named(t testing.TB, name string) dialect.Dialect {
	d, err := dialect.Named(name)
	require.NoError(t, err)
	return d
}

// A lane is a listener whose connections are net.Pipes; dial returns their other ends.
type lane struct {
	conns chan net.Conn
	once  sync.Once
	end   chan struct{}
}

func newLane() *lane { return &lane{conns: make(chan net.Conn), end: make(chan struct{})} }

func (l *lane) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.end:
		return nil, net.ErrClosed
	}
}

func (l *lane) Close() error {
	l.once.Do(func() { close(l.end) })
	return nil
}

func (l *lane) Addr() net.Addr { return &net.UnixAddr{Name: "lane", Net: "pipe"} }

func (l *lane) dial() net.Conn {
	ours, theirs := net.Pipe()
	l.conns <- theirs
	return ours
}

// start serves a dialect on l until stop is called.
func start(t testing.TB, name string, c *computer, l net.Listener, log io.Writer) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	s := &dialect.Server{
		Dialect: named(t, name), Session: c.serve, Log: slog.New(slog.NewTextHandler(log, nil)),
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	return func() {
		cancel()
		require.NoError(t, <-done)
	}
}

// overTCP serves a dialect during the test and returns its address.
func overTCP(t testing.TB, name string, c *computer) (addr string) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(start(t, name, c, l, io.Discard))
	return l.Addr().String()
}

// connect connects to addr and sets a deadline.
func connect(t testing.TB, addr string) *net.TCPConn {
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	require.NoError(t, conn.SetDeadline(time.Now().Add(testTimeout)))
	return conn.(*net.TCPConn)
}

// expect reads the given bytes.
func expect(t testing.TB, r io.Reader, want string) {
	t.Helper()
	b := make([]byte, len(want))
	n, err := io.ReadFull(r, b)
	require.NoError(t, err, "%q came, %q was expected", b[:n], want)
	require.Equal(t, want, string(b))
}

// expectEOF reads the end of the connection.
func expectEOF(t testing.TB, r io.Reader) {
	t.Helper()
	rest, err := io.ReadAll(r)
	require.NoError(t, err)
	require.Empty(t, string(rest))
}

// say writes with one Write.
func say(t testing.TB, w io.Writer, text string) {
	t.Helper()
	_, err := w.Write([]byte(text))
	require.NoError(t, err)
}

// exchanges sends requests and expects their replies.
func exchanges(t testing.TB, conn io.ReadWriter, pairs ...string) {
	t.Helper()
	for i := 0; i < len(pairs); i += 2 {
		say(t, conn, pairs[i])
		expect(t, conn, pairs[i+1])
	}
}

// framed4 returns a message of ex27.
func framed4(text string) string { return fmt.Sprintf("%04d%s", len(text), text) }
