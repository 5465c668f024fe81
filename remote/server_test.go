package remote_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote"
	"techsh/remote/access"
	"techsh/remote/remotetest"
)

// serving starts a server, which the test stops by calling end.
func serving(t *testing.T, dir string) (addr string, cookie string, log *remotetest.LogBuffer, end func() error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	log = &remotetest.LogBuffer{}
	cookie = trust.NewToken()
	s := &remote.Server{Gate: access.Cookie(cookie), Dir: dir, Log: slog.New(slog.NewTextHandler(log, nil))}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, l) }()
	end = func() error {
		cancel()
		select {
		case err := <-done:
			done <- err
			return err
		case <-time.After(remotetest.Timeout):
			panic("the server does not end")
		}
	}
	t.Cleanup(func() { _ = end() })
	return l.Addr().String(), cookie, log, end
}

func opened(t *testing.T, addr, cookie string) *remotetest.Client {
	conn, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	l, _, err := link.Open(t.Context(), conn, link.Opening{Cookie: cookie})
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	return &remotetest.Client{Link: l, T: t, Net: conn}
}

func TestServeEndsWithItsContextAndSendsTheReason(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	addr, cookie, _, end := serving(t, dir)
	idle := opened(t, addr, cookie)
	busy := opened(t, addr, cookie)
	putting := opened(t, addr, cookie)
	stranger, err := net.Dial("tcp", addr)
	require.NoError(t, err)
	defer stranger.Close()

	pid, running := make(chan int, 1), make(chan error, 2)
	go func() {
		r := remotetest.NewRequest(t, "SH 'pid sleep 1000'")
		r.Recv = func(f codec.Frame) error {
			n, err := strconv.Atoi(strings.TrimSpace(string(f.Body)))
			pid <- n
			return err
		}
		_, err := busy.Do(t.Context(), r)
		running <- err
	}()
	begun := make(chan struct{}, 100)
	go func() {
		r := remotetest.NewRequest(t, "PUT half")
		r.Send = func(ctx context.Context, up *link.Upstream) error {
			err := up.Write(codec.FILE, []byte("f 0644 10 - half\n"))
			if err == nil {
				err = up.Write(codec.DATA, []byte("abc"))
			}
			_ = up.Flush()
			begun <- struct{}{}
			<-ctx.Done()
			return err
		}
		_, err := putting.Do(t.Context(), r)
		running <- err
	}()
	id := <-pid
	<-begun
	remotetest.Eventually(t, "the part file does not come", func() bool {
		list, err := os.ReadDir(dir)
		return err == nil && len(list) == 1
	})
	began := time.Now()
	require.NoError(t, end())
	require.Less(t, time.Since(began), remotetest.Timeout)
	for range 2 {
		require.ErrorIs(t, <-running, &codec.Error{Code: codec.Draining})
	}
	<-idle.Ended()
	require.ErrorIs(t, idle.Err(), &codec.Error{Code: codec.Draining})
	require.True(t, remotetest.ProcessGone(id))
	list, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.True(t, landing.IsPart(list[0].Name()), "with which the transfer can go on")
	_, err = net.Dial("tcp", addr)
	require.Error(t, err)
}

func TestServeConnEndsWithItsContextAlthoughTheClientNeverReads(t *testing.T) {
	t.Parallel()
	for _, says := range []string{"", "dir\n", remotetest.Header("SH", 4) + "yes\n"} {
		ours, theirs := net.Pipe()
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error, 1)
		go func() {
			done <- (&remote.Server{Log: slog.New(slog.DiscardHandler)}).ServeConn(ctx, theirs, "somebody")
		}()
		if says != "" { // the client reads nothing after HELO
			_, err := codec.NewConn(ours).ReadFrame()
			require.NoError(t, err)
			_, err = ours.Write([]byte(says))
			require.NoError(t, err)
		}
		cancel()
		select {
		case <-done:
		case <-time.After(remotetest.Timeout):
			require.Fail(t, "it does not end", "%q", says)
		}
		ours.Close()
	}
}

func TestSessionsDoNotShareTheirFolder(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Write(t, "sub/a", "")
		wd, err := os.Getwd()
		require.NoError(t, err)
		one, two := h.Client(t), h.Client(t)
		one.OK("CD sub")
		require.Equal(t, codec.Pairs{{Key: "cwd", Value: filepath.Join(h.Dir, "sub")}}, one.OK("PWD").Pairs)
		require.Equal(t, codec.Pairs{{Key: "cwd", Value: h.Dir}}, two.OK("PWD").Pairs)
		now, err := os.Getwd()
		require.NoError(t, err)
		require.Equal(t, wd, now, "the process's own folder is not ours to change")
	})
}

func TestConsoleShowsEachActionHarmlessly(t *testing.T) {
	h := remotetest.New(t, false)
	c := h.Client(t)
	c.OK(`ECHO e"\x1b[31mred\n"`)
	_, err := c.Call(t.Context(), remotetest.NewRequest(t, `CAT e"no\x1bsuch"`))
	require.Error(t, err)
	require.Contains(t, h.Log.String(), "msg=echo")
	require.Contains(t, h.Log.String(), "msg=cat")
	require.NotContains(t, h.Log.String(), "\x1b")
}

func TestManyClientsAtOnce(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Furnish(t)
		done := make(chan error)
		const clients = 50
		for i := range clients {
			c := h.Client(t)
			go func() {
				for j := range 20 {
					if _, err := c.Call(
						t.Context(),
						remotetest.NewRequest(t, fmt.Sprintf("ECHO %d %d", i, j)),
					); err != nil {
						done <- err
						return
					}
				}
				_, err := c.Call(t.Context(), remotetest.NewRequest(t, "DIR"))
				done <- err
			}()
		}
		for range clients {
			require.NoError(t, <-done)
		}
	})
}
