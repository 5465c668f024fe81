package remote_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"net"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/remote/remotetest"
)

func TestGetIsCancelledInItsMiddle(t *testing.T) {
	remotetest.Torture(t, func(h *remotetest.Remote, c *remotetest.Client, i int) {
		if i == 0 {
			remotetest.WriteBig(h, c.T)
		}
		remotetest.RequireCancelled(c.T, c.CancelAfter(1+i%3, remotetest.NewRequest(c.T, "GET big")))
	})
}

func TestCatIsCancelledInItsMiddle(t *testing.T) {
	remotetest.Torture(t, func(h *remotetest.Remote, c *remotetest.Client, i int) {
		if i == 0 {
			remotetest.WriteBig(h, c.T)
		}
		remotetest.RequireCancelled(c.T, c.CancelAfter(1+i%3, remotetest.NewRequest(c.T, "CAT big")))
	})
}

func TestListingIsCancelledInItsMiddle(t *testing.T) {
	remotetest.InMemory(t)
	const files = 2500
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Furnish(t)
		for i := range files {
			h.Write(t, fmt.Sprintf("many/%04d %s", i, strings.Repeat("long ", 45)), "")
		}
		c := h.Client(t)
		for i := range remotetest.Times() {
			remotetest.RequireCancelled(t, c.CancelAfter(1+i%3, remotetest.NewRequest(t, "DIR many")))
			remotetest.RequireListing(c, h)
		}
		require.Len(t, c.OK("DIR many").Names(t), files)
	})
}

func TestPutIsCancelledInItsMiddle(t *testing.T) {
	remotetest.Torture(t, func(h *remotetest.Remote, c *remotetest.Client, i int) {
		ctx, cancel := context.WithCancel(c.T.Context())
		defer cancel()
		left := 1 + i%4
		r := remotetest.NewRequest(c.T, "PUT -f target")
		r.Send = remotetest.SendFile("target", make([]byte, 4<<20), func() {
			if left--; left == 0 {
				cancel()
			}
		})
		_, err := c.Do(ctx, r)
		remotetest.RequireCancelled(c.T, err)
		require.LessOrEqual(c.T, len(remotetest.Parts(c.T, h.Dir)), 1, "what there is of it, to go on with")
		require.NoFileExists(c.T, filepath.Join(h.Dir, "target"))
		if i == remotetest.Times()-1 {
			c.MustPut("PUT target", "target", string(make([]byte, 4<<20)))
			h.RequireNoParts(c.T)
		}
	})
}

func TestPutIsRefusedWhileItStreams(t *testing.T) {
	text := make([]byte, 64<<20)
	remotetest.Torture(t, func(h *remotetest.Remote, c *remotetest.Client, i int) {
		err := c.Put(c.T.Context(), "PUT hello.txt", "hello.txt", text)
		require.ErrorIs(c.T, err, fs.ErrExist)
		h.RequireNoParts(c.T)
		require.Equal(c.T, "hello, world\n", h.Read(c.T, "hello.txt"))
	})
}

// A simple client sends its whole file before it reads the answer.
func TestPutIsRefusedAndStreamsToItsEnd(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Furnish(t)
		c := h.Client(t)
		for range 5 {
			r := remotetest.NewRequest(t, "PUT hello.txt")
			r.Send = func(_ context.Context, up *link.Upstream) error {
				return remotetest.SendFile("hello.txt", make([]byte, 64<<20))(t.Context(), up)
			}
			_, err := c.Do(t.Context(), r)
			require.ErrorIs(t, err, fs.ErrExist)
			remotetest.RequireListing(c, h)
		}
	})
}

func TestProgramEndsBeforeItReadsItsInput(t *testing.T) {
	remotetest.Torture(t, func(_ *remotetest.Remote, c *remotetest.Client, i int) {
		for _, line := range []string{"EXEC -i true", "EXEC -i head -c 3"}[i%2 : i%2+1] {
			r := remotetest.NewRequest(c.T, line)
			r.Send = remotetest.Feed(bytes.NewReader(make([]byte, 10<<20)))
			got, err := c.Call(c.T.Context(), r)
			require.NoError(c.T, err)
			require.Equal(c.T, codec.Pairs{{Key: "exit", Value: "0"}}, got.Pairs)
			require.Len(c.T, got.Data, i%2*3)
		}
	})
}

func TestEndlessOutputIsCancelled(t *testing.T) {
	remotetest.Torture(t, func(_ *remotetest.Remote, c *remotetest.Client, i int) {
		remotetest.RequireCancelled(c.T, c.CancelAfter(1+i%5, remotetest.NewRequest(c.T, "EXEC yes")))
	})
}

func TestEndlessErrorOutputIsCancelled(t *testing.T) {
	remotetest.Torture(t, func(_ *remotetest.Remote, c *remotetest.Client, i int) {
		remotetest.RequireCancelled(c.T, c.CancelAfter(1+i%5, remotetest.NewRequest(c.T, "SH 'yes >&2'")))
	})
}

func TestProgramThatNeverReadsItsInputIsCancelled(t *testing.T) {
	remotetest.Torture(t, func(_ *remotetest.Remote, c *remotetest.Client, _ int) {
		ctx, cancel := context.WithCancel(c.T.Context())
		defer cancel()
		size := 80 << 10
		if runtime.GOOS == "windows" { // a pipe takes only 4 KiB there
			size = 60 << 10
		}
		r := remotetest.NewRequest(c.T, "EXEC -i sleep 1000")
		cancels := remotetest.ReaderFunc(func([]byte) (int, error) {
			cancel() // everything that may be sent unrequested, or that fits into the pipe, was sent
			return 0, io.EOF
		})
		r.Send = remotetest.Feed(io.MultiReader(bytes.NewReader(make([]byte, size)), cancels))
		_, err := c.Do(ctx, r)
		remotetest.RequireCancelled(c.T, err)
	})
}

// sendThrough sends n random bytes through cat and compares the output.
func sendThrough(c *remotetest.Client, n int) {
	in, out := sha256.New(), sha256.New()
	r := remotetest.NewRequest(c.T, "EXEC -i cat")
	random := rand.NewChaCha8([32]byte{byte(n)})
	r.Send = remotetest.Feed(io.TeeReader(io.LimitReader(random, int64(n)), in))
	came := 0
	r.Recv = func(f codec.Frame) error {
		came += len(f.Body)
		out.Write(f.Body)
		return nil
	}
	pairs, err := c.Do(c.T.Context(), r)
	require.NoError(c.T, err)
	require.Equal(c.T, codec.Pairs{{Key: "exit", Value: "0"}}, pairs)
	require.Equal(c.T, n, came)
	require.Equal(c.T, in.Sum(nil), out.Sum(nil))
}

func TestCatReturnsItsInput(t *testing.T) {
	remotetest.Torture(t, func(_ *remotetest.Remote, c *remotetest.Client, i int) {
		sendThrough(c, rand.IntN(200<<10))
	})
}

func TestCatGivesBack20MiB(t *testing.T) {
	t.Parallel()
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		c := h.Client(t)
		for range 5 {
			sendThrough(c, 20<<20)
		}
	})
}

// A handler that panics ends its own session, with one answer, and no other session.
func TestPanicEndsOnlyItsSession(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Furnish(t)
		h.Server.Verbs = append(
			h.Server.Verbs,
			remotetest.ExtraVerb("BOOM", false, func(context.Context) error { panic("boom, on purpose") }),
		)
		h.Server.Verbs = append(
			h.Server.Verbs,
			remotetest.ExtraVerb("BANG", true, func(context.Context) error { panic("bang, on purpose") }),
		)
		other := h.Client(t)
		for i := range remotetest.Times() {
			c := h.Client(t)
			var err error
			if i%2 == 0 {
				_, err = c.Call(t.Context(), remotetest.NewRequest(t, "BOOM"))
			} else {
				err = c.Put(t.Context(), "BANG", "x", make([]byte, 100<<10))
			}
			e := c.RequireCode(err, "panic", codec.Internal)
			require.NotContains(t, e.Error(), "purpose", "what went wrong inside is for the log")
			_, err = c.Call(t.Context(), remotetest.NewRequest(t, "PING"))
			require.ErrorIs(t, err, link.ErrLost)
			remotetest.RequireListing(other, h)
			c.Close()
		}
		require.Contains(t, h.Log.String(), "boom, on purpose")
		require.Contains(t, h.Log.String(), "bang, on purpose")
		require.Contains(t, h.Log.String(), "torture_test.go", "the log has the stack")
	})
}

// A client that disconnects suddenly leaves no session, no program and no part of a file.
func TestClientVanishes(t *testing.T) {
	remotetest.InMemory(t)
	ways := map[string]func(t *testing.T, conn net.Conn){
		"reset": func(_ *testing.T, conn net.Conn) {
			_ = conn.(*net.TCPConn).SetLinger(0)
			conn.Close()
		},
		"close": func(_ *testing.T, conn net.Conn) { conn.Close() },
		"pipe":  func(_ *testing.T, conn net.Conn) { conn.Close() },
	}
	for name, vanish := range ways {
		t.Run(name, func(t *testing.T) {
			for _, line := range []string{
				"GET big",
				"PUT -f target",
				"SH -i 'pid sink'",
				"SH 'pid yes'",
				"SH -t 80x24 'pid yes'",
				"DIR many",
			} {
				t.Run(strings.Fields(line)[0]+strings.Fields(line)[1], func(t *testing.T) {
					h := remotetest.New(t, name != "pipe")
					h.Furnish(t)
					remotetest.WriteBig(h, t)
					for i := 0; i < 1200 && line == "DIR many"; i++ {
						h.Write(t, fmt.Sprintf("many/%d%s", i, strings.Repeat("long", 55)), "")
					}
					var wg sync.WaitGroup
					for range 4 {
						wg.Go(func() {
							for i := range remotetest.Times() / 4 {
								vanishIn(h, t, line, i%4, vanish)
							}
						})
					}
					wg.Wait()
					remotetest.Eventually(t, "a session is left", func() bool {
						return strings.Count(h.Log.String(), "msg=connected") == strings.Count(
							h.Log.String(),
							"msg=disconnected",
						)
					})
					if strings.HasPrefix(line, "PUT") {
						require.LessOrEqual(t, len(remotetest.Parts(t, h.Dir)), remotetest.Times())
					} else {
						h.RequireNoParts(t)
					}
					landed, err := filepath.Glob(filepath.Join(h.Dir, "target*"))
					require.NoError(t, err)
					require.Empty(t, landed)
					remotetest.RequireListing(h.Client(t), h)
				})
			}
		})
	}
}

var targets atomic.Int64

// vanishIn makes a call whose client disconnects suddenly, by vanish, after n frames in
// either direction. It waits for the end of the program of the call, if there is one.
func vanishIn(h *remotetest.Remote, t *testing.T, line string, n int, vanish func(*testing.T, net.Conn)) {
	c := h.Client(t)
	defer c.Close()
	var pid atomic.Int64
	r := remotetest.NewRequest(t, line)
	r.Recv = func(f codec.Frame) error {
		if first, _, ok := strings.Cut(string(f.Body), "\n"); ok && pid.Load() == 0 {
			id, _ := strconv.ParseInt(strings.TrimSpace(first), 10, 64)
			pid.Store(id)
		}
		if n--; n < 0 {
			vanish(t, c.Net)
		}
		return nil
	}
	switch {
	case strings.HasPrefix(line, "PUT"):
		r.Words[1].Text += fmt.Sprint(targets.Add(1)) // the target before may still be busy
		r.Send = remotetest.SendFile("target", make([]byte, 4<<20), func() {
			if n--; n < 0 {
				vanish(t, c.Net)
			}
		})
	case strings.Contains(line, " -i "):
		n = 0
		r.Send = remotetest.Feed(rand.NewChaCha8([32]byte{}))
	}
	_, err := c.Do(t.Context(), r)
	if err == nil || !strings.Contains(err.Error(), "lost") {
		t.Errorf("%s: %v", line, err)
	}
	if id := int(pid.Load()); id > 1 {
		remotetest.Eventually(
			t,
			fmt.Sprintf("process %d is left", id),
			func() bool { return remotetest.ProcessGone(id) },
		)
	}
}

func TestOtherClientNoticesNothingOfACrash(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Furnish(t)
		remotetest.WriteBig(h, t)
		quiet := h.Client(t)
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					vanishIn(
						h,
						t,
						[]string{"GET big", "SH 'pid yes'"}[i%2],
						i%4,
						func(t *testing.T, conn net.Conn) { conn.Close() },
					)
				}
			}
		})
		for range remotetest.Times() {
			remotetest.RequireListing(quiet, h)
			require.Equal(t, "hello, world\n", quiet.OK("CAT hello.txt").Data)
		}
		close(stop)
		wg.Wait()
	})
}

func TestProgramThatIgnoresTermIsKilled(t *testing.T) {
	t.Parallel()
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		c := h.Raw(t)
		for range remotetest.Rounds(5, 2) {
			c.Say(t, "EXEC", "pid", "tough", "1000")
			pid, ready := 0, ""
			for !strings.Contains(ready, "ready\n") {
				ready += c.Next(t).Body
			}
			_, err := fmt.Sscan(ready, &pid)
			require.NoError(t, err)
			began := time.Now()
			c.Say(t, "STOP")
			g := c.Next(t)
			require.Equal(t, codec.ERR, g.Verb)
			require.True(t, strings.HasPrefix(g.Body, "cancelled "), g.Body)
			require.Less(t, time.Since(began), remotetest.Timeout, "it should be 0.7 s")
			require.True(t, remotetest.ProcessGone(pid))
			c.Say(t, "ECHO", "next")
			require.Equal(t, "next\n", c.Next(t).Body)
			require.Equal(t, codec.OK, c.Next(t).Verb)
		}
	})
}

// A short session is damaged, and cut off, at every byte. The server answers or hangs up,
// and serves the next session.
func TestDamagedSessionNeverHangsTheServer(t *testing.T) {
	t.Parallel()
	h := remotetest.New(t, true)
	h.Furnish(t)
	var session bytes.Buffer
	rec := codec.NewConn(struct {
		io.ReadCloser
		io.Writer
	}{nil, &session})
	say := func(line string) {
		r := remotetest.NewRequest(t, line)
		require.NoError(t, rec.WriteWords(r.Verb, r.Words...))
	}
	say("HELO techsh/1 name=ann")
	say("TICK")
	say("STOP")
	say("ECHO hi")
	say("PUT -f put.txt")
	require.NoError(t, rec.Write(codec.FILE, []byte("f 0644 5 - x\n")))
	require.NoError(t, rec.Write(codec.DATA, []byte("hello")))
	say("SUM none")
	say("END")
	say("EXEC -i cat")
	require.NoError(t, rec.Write(codec.DATA, []byte("abc")))
	say("END")
	say("DIR")
	say("GET hello.txt")
	say("EXIT")
	require.NoError(t, rec.Flush())
	whole := session.Bytes()

	whatComes := sendDamaged(h, t, whole)
	require.Equal(t, 6, strings.Count(whatComes, "OK  "), "undamaged, all six calls succeed: %s", whatComes)
	type damage struct {
		at int
		do func([]byte) []byte
	}
	var all []damage
	for at := range whole {
		if runtime.GOOS == "windows" && at%8 != 0 { // its programs start slowly
			continue
		}
		all = append(all, damage{at, func(b []byte) []byte { return b[:at] }})
		for _, x := range []byte{0x01, 0x20, 0x80, byte(1 + rand.IntN(255))} {
			all = append(all, damage{at, func(b []byte) []byte { b[at] ^= x; return b }})
		}
		all = append(all, damage{at, func(b []byte) []byte { b[at] = '\n'; return b }})
	}
	work := make(chan damage)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for d := range work {
				sendDamaged(h, t, d.do(bytes.Clone(whole)))
			}
		})
	}
	for _, d := range all {
		work <- d
	}
	close(work)
	wg.Wait()
	t.Logf("%d sessions", len(all))
	require.NotContains(t, h.Log.String(), "panic")
	h.RequireNoParts(t)
	remotetest.RequireListing(h.Client(t), h)
}

// sendDamaged sends b after AUTH and returns all frames that it receives.
func sendDamaged(h *remotetest.Remote, t testing.TB, b []byte) string {
	conn := h.Dial(t)
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(remotetest.Timeout))
	go func() {
		_, _ = conn.Write(append([]byte("auth "+h.Cookie+"\n"), b...))
		_ = conn.(*net.TCPConn).CloseWrite()
	}()
	c := codec.NewConn(conn)
	var all strings.Builder
	for {
		f, err := c.ReadFrame()
		if err == io.EOF {
			return all.String()
		}
		if err != nil {
			t.Errorf("after %q the server said %q: %v", b, all.String(), err)
			return ""
		}
		fmt.Fprintf(&all, "%-4s%q\n", f.Verb, f.Body)
	}
}
