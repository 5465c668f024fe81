//go:build unix

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
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/transfer"
)

// times returns how often each misfortune happens to one and the same session.
// It takes hundreds for the rare orders of events to come about.
func times() int { return rounds(200, 20) }

// furnish makes what the checked listing shows.
func (h *helped) furnish(t testing.TB) {
	h.write(t, "hello.txt", "hello, world\n")
	h.write(t, "sub/inner.txt", "inner\n")
	require.NoError(t, os.Symlink("hello.txt", filepath.Join(h.dir, "a link")))
}

// big makes a file that does not come to its end before what is done about
// it.
func (h *helped) big(t testing.TB) {
	h.write(t, "big", "")
	require.NoError(t, os.Truncate(filepath.Join(h.dir, "big"), 1<<40))
}

// requireListing makes the call that must not notice what was before it.
func (c *client) requireListing(h *helped) {
	c.t.Helper()
	var want, got []string
	list, err := os.ReadDir(h.dir)
	require.NoError(c.t, err)
	for _, e := range list {
		if transfer.IsPart(e.Name()) {
			continue
		}
		fi, err := e.Info()
		require.NoError(c.t, err)
		size := fi.Size()
		if !fi.Mode().IsRegular() {
			size = -1
		}
		want = append(want, fmt.Sprint(e.Name(), size))
	}
	answer := c.ok("DIR")
	require.Len(c.t, answer.files, 1)
	require.NoError(c.t, codec.Entries([]byte(answer.data), func(e codec.Entry) error {
		got = append(got, fmt.Sprint(e.Name, e.Size))
		return nil
	}))
	slices.Sort(want)
	slices.Sort(got)
	require.Equal(c.t, want, got)
}

// torture does once to a session, again and again, each time followed by a
// listing with the right contents.
func torture(t *testing.T, once func(h *helped, c *client, i int)) {
	overEach(t, func(t *testing.T, h *helped) {
		h.furnish(t)
		c := h.client(t)
		for i := range times() {
			once(h, c, i)
			c.requireListing(h)
		}
	})
}

// cancelAfter makes a call that is cancelled when its answer has n frames.
func (c *client) cancelAfter(n int, r link.Request) error {
	ctx, cancel := context.WithCancel(c.t.Context())
	defer cancel()
	r.Recv = func(codec.Frame) error {
		if n--; n == 0 {
			cancel()
		}
		return nil
	}
	_, err := c.Do(ctx, r)
	return err
}

func requireCancelled(t testing.TB, err error) {
	t.Helper()
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, link.ErrLost)
}

func TestGetIsCancelledInItsMiddle(t *testing.T) {
	torture(t, func(h *helped, c *client, i int) {
		if i == 0 {
			h.big(c.t)
		}
		requireCancelled(c.t, c.cancelAfter(1+i%3, request(c.t, "GET big")))
	})
}

func TestCatIsCancelledInItsMiddle(t *testing.T) {
	torture(t, func(h *helped, c *client, i int) {
		if i == 0 {
			h.big(c.t)
		}
		requireCancelled(c.t, c.cancelAfter(1+i%3, request(c.t, "CAT big")))
	})
}

func TestListingIsCancelledInItsMiddle(t *testing.T) {
	t.Parallel()
	const files = 2500
	overEach(t, func(t *testing.T, h *helped) {
		h.furnish(t)
		for i := range files {
			h.write(t, fmt.Sprintf("many/%04d %s", i, strings.Repeat("long ", 45)), "")
		}
		c := h.client(t)
		for i := range times() {
			requireCancelled(t, c.cancelAfter(1+i%3, request(t, "DIR many")))
			c.requireListing(h)
		}
		require.Len(t, c.ok("DIR many").names(t), files)
	})
}

func TestPutIsCancelledInItsMiddle(t *testing.T) {
	torture(t, func(h *helped, c *client, i int) {
		ctx, cancel := context.WithCancel(c.t.Context())
		defer cancel()
		left := 1 + i%4
		r := request(c.t, "PUT -f target")
		r.Send = sendFile("target", make([]byte, 4<<20), func() {
			if left--; left == 0 {
				cancel()
			}
		})
		_, err := c.Do(ctx, r)
		requireCancelled(c.t, err)
		require.LessOrEqual(c.t, len(parts(c.t, h.dir)), 1, "what there is of it, to go on with")
		require.NoFileExists(c.t, filepath.Join(h.dir, "target"))
		if i == times()-1 {
			c.putting("PUT target", "target", string(make([]byte, 4<<20)))
			h.requireNoParts(c.t)
		}
	})
}

func TestPutIsRefusedWhileItStreams(t *testing.T) {
	text := make([]byte, 64<<20)
	torture(t, func(h *helped, c *client, i int) {
		err := c.put(c.t.Context(), "PUT hello.txt", "hello.txt", text)
		require.ErrorIs(c.t, err, fs.ErrExist)
		h.requireNoParts(c.t)
		require.Equal(c.t, "hello, world\n", h.read(c.t, "hello.txt"))
	})
}

// A plain program sends all of its file before it looks at the answer.
func TestPutIsRefusedAndStreamsToItsEnd(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		h.furnish(t)
		c := h.client(t)
		for range 5 {
			r := request(t, "PUT hello.txt")
			r.Send = func(_ context.Context, up *link.Upstream) error {
				return sendFile("hello.txt", make([]byte, 64<<20))(t.Context(), up)
			}
			_, err := c.Do(t.Context(), r)
			require.ErrorIs(t, err, fs.ErrExist)
			c.requireListing(h)
		}
	})
}

func TestProgramEndsBeforeItReadsItsInput(t *testing.T) {
	torture(t, func(_ *helped, c *client, i int) {
		for _, line := range []string{"EXEC -i true", "EXEC -i head -c 3"}[i%2 : i%2+1] {
			r := request(c.t, line)
			r.Send = feed(bytes.NewReader(make([]byte, 10<<20)))
			got, err := c.call(c.t.Context(), r)
			require.NoError(c.t, err)
			require.Equal(c.t, codec.Pairs{{Key: "exit", Value: "0"}}, got.pairs)
			require.Len(c.t, got.data, i%2*3)
		}
	})
}

func TestEndlessOutputIsCancelled(t *testing.T) {
	torture(t, func(_ *helped, c *client, i int) {
		requireCancelled(c.t, c.cancelAfter(1+i%5, request(c.t, "EXEC yes")))
	})
}

func TestEndlessErrorOutputIsCancelled(t *testing.T) {
	torture(t, func(_ *helped, c *client, i int) {
		requireCancelled(c.t, c.cancelAfter(1+i%5, request(c.t, "SH 'exec yes >&2'")))
	})
}

func TestProgramThatNeverReadsItsInputIsCancelled(t *testing.T) {
	torture(t, func(_ *helped, c *client, _ int) {
		ctx, cancel := context.WithCancel(c.t.Context())
		defer cancel()
		r := request(c.t, "EXEC -i sleep 1000")
		r.Send = feed(io.MultiReader(bytes.NewReader(make([]byte, 80<<10)), readerFunc(func([]byte) (int, error) {
			cancel() // what may be sent unasked, and what a pipe holds, is on its way
			return 0, io.EOF
		})))
		_, err := c.Do(ctx, r)
		requireCancelled(c.t, err)
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// through sends n random bytes through cat and compares what comes back.
func (c *client) through(n int) {
	in, out := sha256.New(), sha256.New()
	r := request(c.t, "EXEC -i cat")
	random := rand.NewChaCha8([32]byte{byte(n)})
	r.Send = feed(io.TeeReader(io.LimitReader(random, int64(n)), in))
	came := 0
	r.Recv = func(f codec.Frame) error {
		came += len(f.Body)
		out.Write(f.Body)
		return nil
	}
	pairs, err := c.Do(c.t.Context(), r)
	require.NoError(c.t, err)
	require.Equal(c.t, codec.Pairs{{Key: "exit", Value: "0"}}, pairs)
	require.Equal(c.t, n, came)
	require.Equal(c.t, in.Sum(nil), out.Sum(nil))
}

func TestCatGivesBackWhatItGets(t *testing.T) {
	torture(t, func(_ *helped, c *client, i int) {
		c.through(rand.IntN(200 << 10))
	})
}

func TestCatGivesBack20MiB(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, h *helped) {
		c := h.client(t)
		for range 5 {
			c.through(20 << 20)
		}
	})
}

// A handler that panics ends its session with one answer, and nobody else's.
func TestPanicEndsOnlyItsSession(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		h.furnish(t)
		h.server.AddVerb("BOOM", false, func(context.Context) error { panic("boom, on purpose") })
		h.server.AddVerb("BANG", true, func(context.Context) error { panic("bang, on purpose") })
		other := h.client(t)
		for i := range times() {
			c := h.client(t)
			var err error
			if i%2 == 0 {
				_, err = c.call(t.Context(), request(t, "BOOM"))
			} else {
				err = c.put(t.Context(), "BANG", "x", make([]byte, 100<<10))
			}
			e := c.requireCode(err, "panic", codec.Internal)
			require.NotContains(t, e.Error(), "purpose", "what went wrong inside is for the log")
			_, err = c.call(t.Context(), request(t, "PING"))
			require.ErrorIs(t, err, link.ErrLost)
			other.requireListing(h)
			c.Close()
		}
		require.Contains(t, h.log.String(), "boom, on purpose")
		require.Contains(t, h.log.String(), "bang, on purpose")
		require.Contains(t, h.log.String(), "torture_test.go", "the log has the stack")
	})
}

// A client that vanishes leaves no session, program, or part of a file.
func TestClientVanishes(t *testing.T) {
	t.Parallel()
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
			for _, line := range []string{"GET big", "PUT -f target", "SH -i 'echo $$; exec cat >/dev/null'", "SH 'echo $$; exec yes'", "SH -t 80x24 'echo $$; exec yes'", "DIR many"} {
				t.Run(strings.Fields(line)[0]+strings.Fields(line)[1], func(t *testing.T) {
					h := newHelped(t, name != "pipe")
					h.furnish(t)
					h.big(t)
					for i := 0; i < 1200 && line == "DIR many"; i++ {
						h.write(t, fmt.Sprintf("many/%d%s", i, strings.Repeat("long", 55)), "")
					}
					var wg sync.WaitGroup
					for range 4 {
						wg.Go(func() {
							for i := range times() / 4 {
								h.vanishIn(t, line, i%4, vanish)
							}
						})
					}
					wg.Wait()
					eventually(t, "a session is left", func() bool {
						return strings.Count(h.log.String(), "msg=connected") == strings.Count(h.log.String(), "msg=disconnected")
					})
					if strings.HasPrefix(line, "PUT") {
						require.LessOrEqual(t, len(parts(t, h.dir)), times())
					} else {
						h.requireNoParts(t)
					}
					landed, err := filepath.Glob(filepath.Join(h.dir, "target*"))
					require.NoError(t, err)
					require.Empty(t, landed)
					h.client(t).requireListing(h)
				})
			}
		})
	}
}

var targets atomic.Int64

// vanishIn makes a call whose client vanishes after n frames of
// either direction, and waits for the end of the program if it was one.
func (h *helped) vanishIn(t *testing.T, line string, n int, vanish func(*testing.T, net.Conn)) {
	c := h.client(t)
	defer c.Close()
	var pid atomic.Int64
	r := request(t, line)
	r.Recv = func(f codec.Frame) error {
		if first, _, ok := strings.Cut(string(f.Body), "\n"); ok && pid.Load() == 0 {
			id, _ := strconv.ParseInt(strings.TrimSpace(first), 10, 64)
			pid.Store(id)
		}
		if n--; n < 0 {
			vanish(t, c.net)
		}
		return nil
	}
	switch {
	case strings.HasPrefix(line, "PUT"):
		r.Words[1].Text += fmt.Sprint(targets.Add(1)) // the last one may still be busy
		r.Send = sendFile("target", make([]byte, 4<<20), func() {
			if n--; n < 0 {
				vanish(t, c.net)
			}
		})
	case strings.Contains(line, " -i "):
		n = 0
		r.Send = feed(rand.NewChaCha8([32]byte{}))
	}
	_, err := c.Do(t.Context(), r)
	if err == nil || !strings.Contains(err.Error(), "lost") {
		t.Errorf("%s: %v", line, err)
	}
	if id := int(pid.Load()); id > 1 {
		eventually(t, fmt.Sprintf("process %d is left", id), func() bool { return gone(id) })
	}
}

// gone says whether there is no such process, or only its corpse.
func gone(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return true
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	_, after, _ := bytes.Cut(stat, []byte(") "))
	return err == nil && len(after) > 0 && (after[0] == 'Z' || after[0] == 'X')
}

func TestOtherClientNoticesNothingOfACrash(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		h.furnish(t)
		h.big(t)
		quiet := h.client(t)
		stop := make(chan struct{})
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					h.vanishIn(t, []string{"GET big", "SH 'echo $$; exec yes'"}[i%2], i%4, func(t *testing.T, conn net.Conn) { conn.Close() })
				}
			}
		})
		for range times() {
			quiet.requireListing(h)
			require.Equal(t, "hello, world\n", quiet.ok("CAT hello.txt").data)
		}
		close(stop)
		wg.Wait()
	})
}

func TestProgramThatIgnoresTermIsKilled(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, h *helped) {
		c := h.raw(t)
		for range rounds(5, 2) {
			c.say(t, "SH", `echo $$; trap '' TERM; echo ready; while :; do sleep 1; done`)
			pid, ready := 0, ""
			for !strings.Contains(ready, "ready\n") {
				ready += c.next(t).body
			}
			_, err := fmt.Sscan(ready, &pid)
			require.NoError(t, err)
			began := time.Now()
			c.say(t, "STOP")
			g := c.next(t)
			require.Equal(t, codec.ERR, g.verb)
			require.True(t, strings.HasPrefix(g.body, "cancelled "), g.body)
			require.Less(t, time.Since(began), patience, "it should be 0.7 s")
			require.True(t, gone(pid))
			c.say(t, "ECHO", "next")
			require.Equal(t, "next\n", c.next(t).body)
			require.Equal(t, codec.OK, c.next(t).verb)
		}
	})
}

func TestGrandchildThatHoldsThePipeIsEndedAndTold(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, h *helped) {
		c := h.client(t)
		got := c.ok("SH 'sleep 1000 & echo $!'")
		_, told := got.pairs.Get("note")
		require.True(t, told, "%v", got.pairs)
		exit, _ := got.pairs.Get("exit")
		require.Equal(t, "0", exit)
		pid, err := strconv.Atoi(strings.TrimSpace(got.data))
		require.NoError(t, err)
		eventually(t, "the grandchild is left", func() bool { return gone(pid) })
	})
}

// A grandchild in a group of its own cannot be killed with the others, and
// must not hold the answer.
func TestGrandchildInAnotherGroupDoesNotHoldTheAnswer(t *testing.T) {
	t.Parallel()
	overEach(t, func(t *testing.T, h *helped) {
		for _, line := range []string{
			"setsid sh -c 'echo pid $$; exec sleep 1000' &", "setsid sh -c 'echo pid $$; exec sleep 1000' & sleep 1000", "setsid sh -c 'echo pid $$; exec yes' & sleep 1000",
		} {
			c := h.raw(t)
			require.NoError(t, c.WriteWords(codec.MakeVerb("SH"), codec.Lit(line)))
			require.NoError(t, c.Flush())
			text, pid := "", 0
			for pid == 0 {
				text += c.next(t).body
				if at := strings.Index(text, "pid "); at >= 0 && strings.Contains(text[at:], "\n") {
					_, err := fmt.Sscan(text[at+len("pid "):], &pid)
					require.NoError(t, err)
				}
			}
			began := time.Now()
			c.say(t, "STOP")
			for g := c.next(t); g.verb != codec.ERR && g.verb != codec.OK; g = c.next(t) {
			}
			require.Less(t, time.Since(began), patience)
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
}

// Likewise when the answer waits for the client as the call is cancelled.
func TestEndlessGrandchildInAnotherGroupDoesNotHoldTheAnswer(t *testing.T) {
	t.Parallel()
	conn := newHelped(t, false).dial(t)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
	c := codec.NewConn(conn)
	_, err := c.ReadFrame()
	require.NoError(t, err)
	require.NoError(t, c.WriteWords(codec.MakeVerb("SH"), codec.Lit("setsid yes & echo pids $$ $!; sleep 1000")))
	require.NoError(t, c.Flush())
	text, shell, pid := "", 0, 0
	for pid == 0 || !strings.Contains(text, "y\n") { // it is in its own group
		f, err := c.ReadFrame()
		require.NoError(t, err)
		text += string(f.Body)
		if at := strings.Index(text, "pids "); at >= 0 && strings.Contains(text[at:], "\n") {
			_, err := fmt.Sscan(text[at+len("pids "):], &shell, &pid)
			require.NoError(t, err)
		}
	}
	defer func() { _ = syscall.Kill(pid, syscall.SIGKILL) }()
	require.NoError(t, c.WriteWords(codec.STOP))
	require.NoError(t, c.Flush())
	eventually(t, "the shell is left", func() bool { return syscall.Kill(shell, 0) != nil }) // reaped; nothing is read meanwhile
	for {
		f, err := c.ReadFrame()
		require.NoError(t, err, "there is no answer")
		if f.Verb == codec.ERR {
			break
		}
	}
}

// A short session, byte by byte damaged and cut. The server answers or hangs
// up, and serves the next.
func TestDamagedSessionNeverHangsTheServer(t *testing.T) {
	t.Parallel()
	h := newHelped(t, true)
	h.furnish(t)
	var session bytes.Buffer
	rec := codec.NewConn(struct {
		io.ReadCloser
		io.Writer
	}{nil, &session})
	say := func(line string) {
		r := request(t, line)
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

	whatComes := h.damaged(t, whole)
	require.Equal(t, 6, strings.Count(whatComes, "OK  "), "undamaged, all six calls succeed: %s", whatComes)
	type damage struct {
		at int
		do func([]byte) []byte
	}
	var all []damage
	for at := range whole {
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
				h.damaged(t, d.do(bytes.Clone(whole)))
			}
		})
	}
	for _, d := range all {
		work <- d
	}
	close(work)
	wg.Wait()
	t.Logf("%d sessions", len(all))
	require.NotContains(t, h.log.String(), "panic")
	h.requireNoParts(t)
	h.client(t).requireListing(h)
}

// damaged says b after AUTH and nothing more, and returns what comes: frames
// until the end.
func (h *helped) damaged(t testing.TB, b []byte) string {
	conn := h.dial(t)
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	go func() {
		_, _ = conn.Write(append([]byte("auth "+h.cookie+"\n"), b...))
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
