package remotetest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/codec/trust"
	"techsh/remote"
	"techsh/remote/access"
	"techsh/remote/verb"
)

// ListVerbs returns the verbs in HELO.
func ListVerbs(h *Remote, t testing.TB) []string {
	conn := h.Silent(t)
	if h.Cookie != "" {
		conn.Say(t, "AUTH", h.Cookie)
	}
	words, err := codec.Frame{Verb: codec.HELO, Body: []byte(conn.Next(t).Body)}.Words()
	require.NoError(t, err)
	hello, err := codec.ParseHello(words)
	require.NoError(t, err)
	require.NotEmpty(t, hello.Verbs)
	return hello.Verbs
}

// Timeout is how long a test waits for something that must happen. Even the slowest
// machine needs much less time.
const Timeout = 60 * time.Second

// Rounds returns the number of rounds of a heavy test. It is the parameter all if the
// environment has TECHSH_TORTURE=1, and otherwise the parameter few.
func Rounds(all, few int) int {
	if os.Getenv("TECHSH_TORTURE") == "1" {
		return all
	}
	return few
}

// InMemory makes the temporary folders of a test on a fast disk, if there is one, because
// the test makes or flushes very many files. The test cannot be parallel.
func InMemory(t testing.TB) {
	if _, err := os.Stat("/dev/shm"); err == nil {
		t.Setenv("TMPDIR", "/dev/shm")
	}
}

// A Remote is a computer with a server, whose sessions begin in Dir.
type Remote struct {
	Dir    string
	Server *remote.Server
	Log    *LogBuffer
	Dial   func(testing.TB) net.Conn
	Cookie string // the cookie, if the server is on TCP

	Dialled atomic.Int32
}

// dialFrom connects from the nth address of the loopback network, if the system has more
// than one, because only a few connections from one address may be pending.
func dialFrom(t testing.TB, n int, addr string) net.Conn {
	var d net.Dialer
	if runtime.GOOS == "linux" {
		d.LocalAddr = &net.TCPAddr{IP: net.IPv4(127, byte(1+n>>16), byte(n>>8), byte(n))}
	}
	c, err := d.DialContext(t.Context(), "tcp", addr)
	require.NoError(t, err)
	return c
}

// A LogBuffer collects the log of a server.
type LogBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *LogBuffer) Write(b []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(b)
}

func (j *LogBuffer) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// New returns a remote whose server is reached over TCP or net.Pipe. The server starts at
// the first Dial, and until then its fields may be set. At the end of the test, the
// server must end and leave no goroutines behind.
func New(t testing.TB, tcp bool) *Remote {
	h := &Remote{Dir: t.TempDir(), Log: &LogBuffer{}}
	h.Server = &remote.Server{Dir: h.Dir, Log: slog.New(slog.NewTextHandler(h.Log, nil))}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	if tcp {
		h.Cookie = trust.NewToken()
		h.Server.Gate = access.Cookie(h.Cookie)
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		t.Cleanup(func() { l.Close() }) // if the test never dials, no server closes it
		serve := sync.OnceFunc(func() { wg.Go(func() { _ = h.Server.Serve(ctx, l) }) })
		h.Dial = func(t testing.TB) net.Conn {
			serve()
			return dialFrom(t, int(h.Dialled.Add(1)), l.Addr().String())
		}
	} else {
		h.Dial = func(testing.TB) net.Conn {
			ours, theirs := net.Pipe()
			wg.Go(func() { _ = h.Server.ServeConn(ctx, theirs, "admitted by another program") })
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
		case <-time.After(Timeout):
			panic("the server does not end") // with GOTRACEBACK=all, this prints all stacks
		}
		require.NotContains(t, h.Log.String(), "panic: runtime error")
	})
	return h
}

// SkipWithout skips a test because this machine lacks something that it needs. In CI the
// test fails instead.
func SkipWithout(t testing.TB, what ...any) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what...)
	}
	t.Skip(what...)
}

// OverEach runs a test over net.Pipe, where nothing is buffered, and over TCP.
func OverEach(t *testing.T, test func(t *testing.T, h *Remote)) {
	t.Run("pipe", func(t *testing.T) { test(t, New(t, false)) })
	t.Run("tcp", func(t *testing.T) { test(t, New(t, true)) })
}

// A Client is a session with a Remote.
type Client struct {
	*link.Link
	T   testing.TB
	Net net.Conn
}

func (h *Remote) Client(t testing.TB) *Client {
	conn := h.Dial(t)
	l, _, err := link.Open(t.Context(), conn, link.Opening{Cookie: h.Cookie})
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	return &Client{l, t, conn}
}

// Write makes a file on the remote.
func (h *Remote) Write(t testing.TB, name, text string) {
	path := filepath.Join(h.Dir, name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}

// Sparse makes a file that takes long to copy but needs no space.
func (h *Remote) Sparse(t testing.TB, name string) {
	h.Write(t, name, "")
	require.NoError(t, os.Truncate(filepath.Join(h.Dir, name), 1<<36))
}

func (h *Remote) Read(t testing.TB, name string) string {
	b, err := os.ReadFile(filepath.Join(h.Dir, name))
	require.NoError(t, err)
	return string(b)
}

// RequireNoParts checks that there are no part files.
func (h *Remote) RequireNoParts(t testing.TB) {
	list, err := os.ReadDir(h.Dir)
	require.NoError(t, err)
	for _, e := range list {
		require.False(t, landing.IsPart(e.Name()), e.Name())
	}
}

// A Reply is everything in the answer to a call.
type Reply struct {
	Data  string
	Files []string // the lines of FILE
	Sums  []string
	Notes []string // with / between names, on Windows too
	Pairs codec.Pairs
}

// Names returns the names in the entries of a listing, with / between names.
func (r Reply) Names(t testing.TB) (names []string) {
	require.NoError(t, codec.Entries([]byte(r.Data), func(e codec.Entry) error {
		names = append(names, filepath.ToSlash(e.Name))
		return nil
	}))
	return names
}

// NewRequest parses line, which is a call as a user would type it at a prompt.
func NewRequest(t testing.TB, line string) link.Request {
	words, err := codec.Split(line)
	require.NoError(t, err)
	return link.Request{Verb: codec.MakeVerb(strings.ToUpper(words[0].Text)), Words: words[1:]}
}

// Call makes a call and returns its answer.
func (c *Client) Call(ctx context.Context, r link.Request) (got Reply, err error) {
	got.Pairs, err = c.Do(ctx, Collect(r, &got))
	return got, err
}

// Collect returns r with a Recv that stores the answer in got.
func Collect(r link.Request, got *Reply) link.Request {
	r.Recv = func(f codec.Frame) error {
		switch f.Verb {
		case codec.DATA:
			got.Data += string(f.Body)
		case codec.FILE:
			got.Files = append(got.Files, strings.TrimSuffix(string(f.Body), "\n"))
		case codec.SUM:
			got.Sums = append(got.Sums, strings.TrimSuffix(string(f.Body), "\n"))
		case codec.NOTE:
			got.Notes = append(got.Notes, filepath.ToSlash(string(f.Body)))
		}
		return nil
	}
	return r
}

// OK makes a call that must succeed.
func (c *Client) OK(line string) Reply {
	c.T.Helper()
	got, err := c.Call(c.T.Context(), NewRequest(c.T, line))
	require.NoError(c.T, err, line)
	return got
}

// Fails makes a call that must fail with a code, and leave the session usable.
func (c *Client) Fails(line string, code codec.Code) (Reply, *codec.Error) {
	c.T.Helper()
	got, err := c.Call(c.T.Context(), NewRequest(c.T, line))
	return got, c.RequireCode(err, line, code)
}

func (c *Client) RequireCode(err error, line string, code codec.Code) *codec.Error {
	c.T.Helper()
	require.Error(c.T, err, line)
	e, ok := errors.AsType[*codec.Error](err)
	require.True(c.T, ok, "%s: %v", line, err)
	require.Equal(c.T, code, e.Code, "%s: %v", line, err)
	require.NotErrorIs(c.T, err, link.ErrLost)
	return e
}

// Put makes the call in line and sends one file as its stream.
func (c *Client) Put(ctx context.Context, line, name string, text []byte) error {
	r := NewRequest(c.T, line)
	r.Send = SendFile(name, text)
	_, err := c.Do(ctx, r)
	return err
}

// SendFile returns a Send that sends one file. After every frame it calls the function
// each, if there is one.
func SendFile(name string, text []byte, each ...func()) func(context.Context, *link.Upstream) error {
	return func(ctx context.Context, up *link.Upstream) error {
		s := transfer.Sender{To: up.Conn}
		for _, f := range each {
			s.Progress = func(int64) { f() }
		}
		e := codec.Entry{Kind: codec.Regular, Mode: 0o644, Size: int64(len(text)), Name: name}
		return s.File(ctx, e, bytes.NewReader(text))
	}
}

// MustPut sends one file that must arrive.
func (c *Client) MustPut(line, name, text string) {
	c.T.Helper()
	require.NoError(c.T, c.Put(c.T.Context(), line, name, []byte(text)))
}

// Get makes the call in line and returns the files that it receives.
func (c *Client) Get(line string) (files map[string]string, err error) {
	files = map[string]string{}
	var b bytes.Buffer
	rec := transfer.Receiver{
		Choose: func(codec.Entry) (landing.Target, error) {
			b.Reset()
			return landing.Target{Writer: &b}, nil
		},
		Failed: func(name string, ferr error) { files[name] = "failed: " + ferr.Error() },
		Landed: func(e codec.Entry, _ int64) { files[e.Name] = b.String() },
	}
	defer rec.Close()
	r := NewRequest(c.T, line)
	r.Recv = func(f codec.Frame) error {
		if f.Verb == codec.NOTE {
			return nil
		}
		return rec.Take(f)
	}
	_, err = c.Do(c.T.Context(), r)
	return files, err
}

// Feed returns a Send that reads from the reader in, and sends what it has read as
// standard input. It sends as many bytes as the server requests.
func Feed(in io.Reader) func(context.Context, *link.Upstream) error {
	return func(ctx context.Context, up *link.Upstream) error {
		buf := make([]byte, 32<<10)
		for {
			n, err := up.Credit(ctx, len(buf))
			if err != nil {
				return nil // the rest is not needed
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

// Eventually polls until a condition holds. It is for a condition that the test cannot
// wait for in another way.
func Eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(Timeout); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			require.Fail(t, what)
		}
	}
}

// Sending returns a Send that sends these frames.
func Sending(frames ...string) func(context.Context, *link.Upstream) error {
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

// Waiting returns the number of connections that are not admitted yet.
func Waiting(s *remote.Server) int {
	pending, _ := s.Load()
	return pending
}

// Live returns the number of open sessions.
func Live(s *remote.Server) int {
	_, sessions := s.Load()
	return sessions
}

// ExtraVerb returns a verb that calls the function answer: for each frame of its stream
// if stream is true, otherwise once.
func ExtraVerb(name string, stream bool, answer func(context.Context) error) verb.Row {
	return verb.Row{
		Verb:   name,
		Stream: stream,
		Right:  trust.Info,
		Run: func(ctx context.Context, r *verb.Request) (codec.Pairs, error) {
			if stream {
				return nil, r.Call.Receive(ctx, func(codec.Frame) error { return answer(ctx) })
			}
			return nil, answer(ctx)
		},
	}
}
