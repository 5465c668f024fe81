//go:build unix

package programs_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/remote/remotetest"
)

// A window is a program in a terminal, and the input of a person.
type window struct {
	t      testing.TB
	cancel func()
	say    chan func(*link.Upstream) error // closing it sends END
	ended  chan error
	once   sync.Once

	mu    sync.Mutex
	shown string
	pairs codec.Pairs
}

func newWindow(c *remotetest.Client, line string) *window {
	ctx, cancel := context.WithCancel(c.T.Context())
	w := &window{t: c.T, cancel: cancel, say: make(chan func(*link.Upstream) error), ended: make(chan error, 1)}
	r := remotetest.NewRequest(c.T, line)
	r.Send = func(ctx context.Context, up *link.Upstream) error {
		for {
			select {
			case say, more := <-w.say:
				if !more {
					return nil
				}
				if err := errors.Join(say(up), up.Flush()); err != nil {
					return err
				}
			case <-ctx.Done():
				return nil
			}
		}
	}
	r.Recv = func(f codec.Frame) error {
		w.mu.Lock()
		defer w.mu.Unlock()
		if f.Verb != codec.DATA {
			c.T.Errorf("%s came of a terminal", f.Verb)
		}
		w.shown += string(f.Body)
		return nil
	}
	go func() {
		pairs, err := c.Do(ctx, r)
		w.mu.Lock()
		w.pairs = pairs
		w.mu.Unlock()
		w.ended <- err
	}()
	c.T.Cleanup(cancel)
	return w
}

func (w *window) screen() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.shown
}

// sees waits until the terminal shows text.
func (w *window) sees(text string) {
	w.t.Helper()
	remotetest.Eventually(w.t, text+" is not shown", func() bool { return strings.Contains(w.screen(), text) })
}

// finds waits for a match of a pattern with one group, and returns the group.
func (w *window) finds(pattern string) (found string) {
	w.t.Helper()
	remotetest.Eventually(w.t, pattern+" is not shown", func() bool {
		m := regexp.MustCompile(pattern).FindStringSubmatch(w.screen())
		if m != nil {
			found = m[1]
		}
		return m != nil
	})
	return found
}

func (w *window) pid() int {
	w.t.Helper()
	pid, err := strconv.Atoi(w.finds(`pid (\d+)\r?\n`))
	require.NoError(w.t, err)
	return pid
}

func (w *window) types(keys string) {
	w.say <- func(up *link.Upstream) error { return up.Write(codec.DATA, []byte(keys)) }
}

func (w *window) becomes(words ...string) {
	w.say <- func(up *link.Upstream) error { return up.WriteWords(codec.SIZE, remotetest.Bare(words...)...) }
}

func (w *window) hangsUp() { w.once.Do(func() { close(w.say) }) }

// end waits for the end of the program and returns the answer.
func (w *window) end() (codec.Pairs, error) {
	w.t.Helper()
	select {
	case err := <-w.ended:
		return w.pairs, err
	case <-time.After(remotetest.Timeout):
		require.Fail(w.t, "the program does not end", "%q", w.screen())
		return nil, nil
	}
}

func (w *window) exits(pairs codec.Pairs) {
	w.t.Helper()
	got, err := w.end()
	require.NoError(w.t, err)
	require.Equal(w.t, pairs, got, "%q", w.screen())
}

func exit(status int) codec.Pairs { return codec.Pairs{codec.PairOf("exit", status)} }

func TestTerminalIsOneForAllStreams(t *testing.T) {
	t.Setenv("COLUMNS", "11")
	t.Setenv("LINES", "22")
	t.Setenv("TERM", "the server's own")
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		c := h.Client(t)
		w := newWindow(
			c,
			`SH -t 132x43 'test -t 0 && test -t 1 && test -t 2 && stty size; echo err >&2; `+
				`echo $TERM $COLUMNS $LINES; exec </dev/tty; exit 3'`,
		)
		w.exits(exit(3))
		require.Equal(t, "43 132\r\nerr\r\nxterm\r\n", w.screen())
		w = newWindow(c, `EXEC -t 80x24 -e TERM=vt100 -e LINES=5 sh -c 'echo $TERM $LINES'`)
		w.exits(exit(0))
		require.Equal(t, "vt100 5\r\n", w.screen())
		require.Equal(t, "next\n", c.OK("ECHO next").Data)
	})
}

func TestTerminalIsResized(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		w := newWindow(
			h.Client(t),
			`SH -t 80x24 'trap "stty size" WINCH; stty size; while :; do read -r line && exit 4; done'`,
		)
		w.sees("24 80\r\n")
		for _, size := range []string{"100 40", "1 1", "32767 32767", "133 7"} {
			columns, rows, _ := strings.Cut(size, " ")
			w.becomes(columns, rows)
			w.sees(rows + " " + columns + "\r\n")
		}
		w.types("\n")
		w.exits(exit(4))
	})
}

func TestSizesOfATerminalAreChecked(t *testing.T) {
	c := remotetest.New(t, false).Client(t)
	for _, size := range []string{
		"80",
		"x",
		"80x",
		"x24",
		"0x24",
		"80x0",
		"-1x24",
		"80x24x1",
		"32768x24",
		"80x32768",
		"80X24",
		`""`,
		"99999999999999999999x1",
	} {
		c.Fails("EXEC -t "+size+" true", codec.BadRequest)
	}
	for _, words := range [][]string{
		{},
		{"80"},
		{"80", "24", "1"},
		{"0", "24"},
		{"80", "-1"},
		{"80x24"},
		{"32768", "1"},
	} {
		w := newWindow(c, "SH -t 80x24 'echo pid $$; exec sleep 1000'")
		pid := w.pid()
		w.becomes(words...)
		_, err := w.end()
		c.RequireCode(err, strings.Join(words, " "), codec.BadRequest)
		require.True(t, remotetest.ProcessGone(pid))
	}
	r := remotetest.NewRequest(t, "EXEC -i cat")
	r.Send = remotetest.Sending("SIZE 80 24\n", "DATA x", "SIZE nonsense\n") // SIZE is ignored without a terminal
	got, err := c.Call(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, "x", got.Data)
}

func TestTypedKeysSendSignals(t *testing.T) {
	c := remotetest.New(t, true).Client(t)
	w := newWindow(c, "SH -t 80x24 'echo ready; exec sleep 1000'")
	w.sees("ready")
	w.types("\x03")
	w.exits(codec.Pairs{{Key: "signal", Value: "INT"}, {Key: "number", Value: "2"}})
	w = newWindow(c, "EXEC -t 80x24 cat")
	w.types("a line\n")
	w.sees("a line\r\na line\r\n") // once from the terminal, once from cat
	w.hangsUp()
	w.exits(exit(0))
}

// END only types Ctrl-D: a program that ignores it continues.
func TestEndOfInputLeavesATerminalOpen(t *testing.T) {
	w := newWindow(
		remotetest.New(t, false).Client(t),
		`SH -t 80x24 'stty -icanon -echo; echo ready; dd bs=1 count=1 2>/dev/null | od -An -tx1; `+
			`test -t 0 && echo still'`,
	)
	w.sees("ready")
	w.hangsUp()
	w.exits(exit(0))
	require.Contains(t, w.screen(), " 04\r\nstill\r\n")
}

func TestEraseRemovesAWholeLetter(t *testing.T) {
	w := newWindow(
		remotetest.New(t, false).Client(t),
		`SH -t 80x24 'stty -echo; echo ready; read -r line; echo "got $line"'`,
	)
	w.sees("ready")
	w.types("aא\x7fb\n")
	w.exits(exit(0))
	require.Contains(t, w.screen(), "got ab\r\n")
}

func TestTerminalPassesEveryByteBothWays(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		const n = 3 << 20
		var got bytes.Buffer
		in, ready := sha256.New(), make(chan struct{})
		r := remotetest.NewRequest(t, fmt.Sprintf("SH -t 80x24 'stty raw -echo; echo ready; exec head -c %d'", n))
		r.Send = func(ctx context.Context, up *link.Upstream) error {
			<-ready
			return remotetest.Feed(io.TeeReader(io.LimitReader(rand.NewChaCha8([32]byte{7}), n), in))(ctx, up)
		}
		r.Recv = func(f codec.Frame) error {
			if got.Len() < len("ready\n") && got.Len()+len(f.Body) >= len("ready\n") {
				close(ready)
			}
			got.Write(f.Body)
			return nil
		}
		pairs, err := h.Client(t).Do(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, exit(0), pairs)
		require.Equal(t, "ready\n", string(got.Next(6)))
		require.Equal(t, n, got.Len())
		require.Equal(t, fmt.Sprintf("%x", in.Sum(nil)), fmt.Sprintf("%x", sha256.Sum256(got.Bytes())))
	})
}

func TestTerminalShowsAllAlthoughTheProgramEndsAtOnce(t *testing.T) {
	c := remotetest.New(t, true).Client(t)
	for range 20 {
		w := newWindow(c, "SH -t 80x24 'head -c 100000 /dev/zero; echo the end'")
		w.exits(exit(0))
		require.Equal(t, 100_000, strings.Count(w.screen(), "\x00"))
		require.True(t, strings.HasSuffix(w.screen(), "the end\r\n"))
	}
}

// An interactive shell ignores TERM, and its job is in a process group of its own.
func TestTerminalIsHungUpOn(t *testing.T) {
	t.Parallel()
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		c := h.Client(t)
		w := newWindow(c, "EXEC -t 80x24 -e PS1= sh -i")
		w.types("stty -echo; echo pid $$\n")
		shell := w.pid()
		w.types("sh -c 'echo job $$; exec sleep 1000'\n")
		job, err := strconv.Atoi(w.finds(`job (\d+)\r`))
		require.NoError(t, err)
		began := time.Now()
		w.cancel()
		_, err = w.end()
		remotetest.RequireCancelled(t, err)
		require.Less(t, time.Since(began), remotetest.Timeout)
		remotetest.Eventually(
			t,
			"the shell or its job is left",
			func() bool { return remotetest.ProcessGone(shell) && remotetest.ProcessGone(job) },
		)
		c.OK("PING")
	})
}

func TestProgramThatIgnoresHangingUpIsKilled(t *testing.T) {
	t.Parallel()
	w := newWindow(
		remotetest.New(t, true).Client(t),
		`SH -t 80x24 "trap '' HUP TERM; echo pid $$; while :; do sleep 1; done"`,
	)
	pid := w.pid()
	began := time.Now()
	w.cancel()
	_, err := w.end()
	remotetest.RequireCancelled(t, err)
	require.Less(t, time.Since(began), remotetest.Timeout, "it should be 0.7 s")
	require.True(t, remotetest.ProcessGone(pid))
}

func TestOtherProgramsInATerminalDoNotDelayTheAnswer(t *testing.T) {
	t.Parallel()
	c := remotetest.New(t, true).Client(t)
	began := time.Now()
	w := newWindow(c, `SH -t 80x24 'setsid sh -c "echo pid \$\$; exec sleep 1000" & read -r line; exit 5'`)
	pid := w.pid()
	w.types("\n")
	w.exits(exit(5))
	require.Less(t, time.Since(began), remotetest.Timeout)
	p, err := os.FindProcess(pid)
	require.NoError(t, err)
	require.NoError(t, p.Kill())
	require.NoError(t, p.Release())
}

func TestTerminalsLeaveNoDescriptors(t *testing.T) {
	h := remotetest.New(t, false)
	h.Write(t, "empty", "")
	require.NoError(t, os.Chmod(h.Dir+"/empty", 0o755))
	c := h.Client(t)
	open := func() int {
		list, err := os.ReadDir("/dev/fd")
		require.NoError(t, err)
		return len(list)
	}
	rounds := func() {
		for range 10 {
			c.Fails("EXEC -t 80x24 ./empty", codec.Unsupported)
			c.Fails("EXEC -t 80x24 nova", codec.NotFound)
			c.OK("EXEC -t 80x24 true")
			c.OK("EXEC true")
		}
	}
	rounds() // descriptors that are opened only once do not count
	before := open()
	rounds()
	require.LessOrEqual(t, open(), before+1)
}
