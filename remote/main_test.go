package remote_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/codec/trust"
	"techsh/remote"
)

func TestMain(m *testing.M) {
	// The parallel tests mostly wait for time to pass; with all rounds they load the machine.
	if err := flag.Set("test.parallel", strconv.Itoa(rounds(2, 8))); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/jezek/xgb.(*Conn).readResponses"))
}

// patience is how long a test waits for what must happen: much longer than
// it takes on the slowest machine.
const patience = 60 * time.Second

// rounds returns few, or all when TECHSH_TORTURE=1 asks for what is heavy.
func rounds(all, few int) int {
	if os.Getenv("TECHSH_TORTURE") == "1" {
		return all
	}
	return few
}

// A helped is a computer with a server, whose sessions begin in dir.
type helped struct {
	dir    string
	server *remote.Server
	log    *journal
	dial   func(testing.TB) net.Conn
	cookie string // of TCP

	dialled atomic.Int32
}

// dialFrom connects from the n-th address of the loopback network where there
// are more than one: of one address only few may wait to be let in.
func dialFrom(t testing.TB, n int, addr string) net.Conn {
	var d net.Dialer
	if runtime.GOOS == "linux" {
		d.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, byte(1+n>>16), byte(n>>8), byte(n))}
	}
	c, err := d.DialContext(t.Context(), "tcp", addr)
	require.NoError(t, err)
	return c
}

// journal keeps the server's console log.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// newHelped makes a server over net.Pipe or TCP. It must end with the test,
// and nothing of it may be left.
func newHelped(t testing.TB, tcp bool) *helped {
	h := &helped{dir: t.TempDir(), log: &journal{}}
	h.server = &remote.Server{Dir: h.dir, Log: slog.New(slog.NewTextHandler(h.log, nil))}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	if tcp {
		h.cookie = trust.NewToken()
		h.server.Gate = remote.Cookie(h.cookie)
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		wg.Go(func() { _ = h.server.Serve(ctx, l) })
		h.dial = func(t testing.TB) net.Conn { return dialFrom(t, int(h.dialled.Add(1)), l.Addr().String()) }
	} else {
		h.dial = func(testing.TB) net.Conn {
			ours, theirs := net.Pipe()
			wg.Go(func() { _ = h.server.ServeConn(ctx, theirs, "whom the carrier let in") })
			return ours
		}
	}
	t.Cleanup(func() {
		cancel()
		ended := make(chan struct{})
		go func() {
			wg.Wait()
			close(ended)
		}()
		select {
		case <-ended:
		case <-time.After(patience):
			panic("the server does not end") // with all stacks
		}
		require.NotContains(t, h.log.String(), "panic: runtime error")
	})
	return h
}

// lacks skips a test whose machine has not what it needs; CI's must have it.
func lacks(t *testing.T, what ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what...)
	}
	t.Skip(what...)
}

// overEach runs a test over net.Pipe, where nothing is buffered, and over TCP.
func overEach(t *testing.T, test func(t *testing.T, h *helped)) {
	t.Run("pipe", func(t *testing.T) { test(t, newHelped(t, false)) })
	t.Run("tcp", func(t *testing.T) { test(t, newHelped(t, true)) })
}

// A client is a session with a helped computer.
type client struct {
	*link.Link
	t   testing.TB
	net net.Conn
}

func (h *helped) client(t testing.TB) *client {
	conn := h.dial(t)
	l, _, err := link.Open(t.Context(), conn, link.Opening{Cookie: h.cookie})
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	return &client{l, t, conn}
}

// write makes a file on the helped computer.
func (h *helped) write(t testing.TB, name, text string) {
	path := filepath.Join(h.dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}

// sparse makes a file that takes long to copy, and no room.
func (h *helped) sparse(t testing.TB, name string) {
	h.write(t, name, "")
	require.NoError(t, os.Truncate(filepath.Join(h.dir, name), 1<<36))
}

func (h *helped) read(t testing.TB, name string) string {
	b, err := os.ReadFile(filepath.Join(h.dir, name))
	require.NoError(t, err)
	return string(b)
}

// requireNoParts looks for what a failed landing could have left.
func (h *helped) requireNoParts(t testing.TB) {
	list, err := os.ReadDir(h.dir)
	require.NoError(t, err)
	for _, e := range list {
		require.False(t, transfer.IsPart(e.Name()), e.Name())
	}
}

// A reply is all that came of a call.
type reply struct {
	data  string
	files []string // the lines of FILE
	sums  []string
	notes []string
	pairs codec.Pairs
}

// names returns the names in the entries of a listing.
func (r reply) names(t testing.TB) (names []string) {
	require.NoError(t, codec.Entries([]byte(r.data), func(e codec.Entry) error {
		names = append(names, e.Name)
		return nil
	}))
	return names
}

// request reads a call as it is typed at a prompt.
func request(t testing.TB, line string) link.Request {
	words, err := codec.Split(line)
	require.NoError(t, err)
	return link.Request{Verb: codec.MakeVerb(strings.ToUpper(words[0].Text)), Words: words[1:]}
}

// call makes a call and keeps its answer.
func (c *client) call(ctx context.Context, r link.Request) (got reply, err error) {
	got.pairs, err = c.Do(ctx, collect(r, &got))
	return got, err
}

// collect has got keep the answer to r.
func collect(r link.Request, got *reply) link.Request {
	r.Recv = func(f codec.Frame) error {
		switch f.Verb {
		case codec.DATA:
			got.data += string(f.Body)
		case codec.FILE:
			got.files = append(got.files, strings.TrimSuffix(string(f.Body), "\n"))
		case codec.SUM:
			got.sums = append(got.sums, strings.TrimSuffix(string(f.Body), "\n"))
		case codec.NOTE:
			got.notes = append(got.notes, string(f.Body))
		}
		return nil
	}
	return r
}

// ok makes a call that must succeed.
func (c *client) ok(line string) reply {
	c.t.Helper()
	got, err := c.call(c.t.Context(), request(c.t, line))
	require.NoError(c.t, err, line)
	return got
}

// fails makes a call that must fail with a code, and leave the session usable.
func (c *client) fails(line string, code codec.Code) (reply, *codec.Error) {
	c.t.Helper()
	got, err := c.call(c.t.Context(), request(c.t, line))
	return got, c.requireCode(err, line, code)
}

func (c *client) requireCode(err error, line string, code codec.Code) *codec.Error {
	c.t.Helper()
	require.Error(c.t, err, line)
	e, ok := errors.AsType[*codec.Error](err)
	require.True(c.t, ok, "%s: %v", line, err)
	require.Equal(c.t, code, e.Code, "%s: %v", line, err)
	require.NotErrorIs(c.t, err, link.ErrLost)
	return e
}

// put sends one file as the stream of the call that line spells.
func (c *client) put(ctx context.Context, line, name string, text []byte) error {
	r := request(c.t, line)
	r.Send = sendFile(name, text)
	_, err := c.Do(ctx, r)
	return err
}

// sendFile is a Send of one file, which calls each after every frame.
func sendFile(name string, text []byte, each ...func()) func(context.Context, *link.Upstream) error {
	return func(ctx context.Context, up *link.Upstream) error {
		s := transfer.Sender{To: up.Conn}
		for _, f := range each {
			s.Progress = func(int64) { f() }
		}
		e := codec.Entry{Kind: codec.Regular, Mode: 0o644, Size: int64(len(text)), Name: name}
		return s.File(ctx, e, bytes.NewReader(text))
	}
}

// putting sends one file that must arrive.
func (c *client) putting(line, name, text string) {
	c.t.Helper()
	require.NoError(c.t, c.put(c.t.Context(), line, name, []byte(text)))
}

// get receives the files of the call that line spells.
func (c *client) get(line string) (files map[string]string, err error) {
	files = map[string]string{}
	var b bytes.Buffer
	rec := transfer.Receiver{
		Choose: func(codec.Entry) (transfer.Target, error) {
			b.Reset()
			return transfer.Target{Writer: &b}, nil
		},
		Failed: func(name string, ferr error) { files[name] = "failed: " + ferr.Error() },
		Landed: func(e codec.Entry, _ int64) { files[e.Name] = b.String() },
	}
	defer rec.Close()
	r := request(c.t, line)
	r.Recv = func(f codec.Frame) error {
		if f.Verb == codec.NOTE {
			return nil
		}
		return rec.Take(f)
	}
	_, err = c.Do(c.t.Context(), r)
	return files, err
}

// feed is a Send that streams in as standard input, as much as is asked for.
func feed(in io.Reader) func(context.Context, *link.Upstream) error {
	return func(ctx context.Context, up *link.Upstream) error {
		buf := make([]byte, 32<<10)
		for {
			n, err := up.Credit(ctx, len(buf))
			if err != nil {
				return nil // nobody wants the rest
			}
			if n, err = io.ReadFull(in, buf[:n]); n > 0 {
				if werr := errors.Join(up.Write(codec.DATA, buf[:n]), up.Flush()); werr != nil {
					return werr
				}
			}
			if err != nil {
				return nil
			}
		}
	}
}

// eventually waits for what happens soon, without a word to wait for.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			require.Fail(t, what)
		}
	}
}

// sending is a Send of any frames.
func sending(frames ...string) func(context.Context, *link.Upstream) error {
	return func(_ context.Context, up *link.Upstream) error {
		for _, f := range frames {
			verb, body, _ := strings.Cut(f, " ")
			if verb != "DATA" && body != "" {
				body += "\n"
			}
			if err := up.Write(codec.MakeVerb(verb), []byte(body)); err != nil {
				return err
			}
		}
		return up.Flush()
	}
}
