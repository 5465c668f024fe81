package remote_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/remote"
)

func TestServerIsSilentBeforeAuth(t *testing.T) {
	h := newHelped(t, true)
	r := h.silent(t)
	for _, c := range []byte("AuTh ") {
		_, err := r.net.Write([]byte{c})
		require.NoError(t, err)
	}
	select {
	case g := <-r.frames:
		require.Fail(t, "it said something", "%v", g)
	case <-time.After(100 * time.Millisecond):
	}
	_, err := r.net.Write([]byte(h.cookie + "\n"))
	require.NoError(t, err)
	require.Equal(t, codec.HELO, r.next(t).verb)
}

func TestAnythingButAuthClosesAtItsFirstDifferingByteWithoutAWord(t *testing.T) {
	h := newHelped(t, true)
	for _, begin := range []string{
		"G", "\x16", "S", "\n", " ", "\x00", "B", "AX", "AUT\n", "AUTHX", "AUTH\n", "AUTH\t", "auth\r", "authx", "HELO ", "AUTH\x00",
	} {
		t.Run(fmt.Sprintf("%q", begin), func(t *testing.T) {
			conn := h.dial(t)
			defer conn.Close()
			require.NoError(t, conn.SetDeadline(time.Now().Add(patience)))
			_, err := conn.Write([]byte(begin))
			require.NoError(t, err)
			b, err := io.ReadAll(conn)
			require.NoError(t, err)
			require.Empty(t, b)
		})
	}
}

func TestWrongCookieIsAnsweredAndTheThirdCloses(t *testing.T) {
	for name, auth := range map[string]string{
		"by hand":   "auth wrong\n",
		"as frames": header("AUTH", 6) + "wrong\n",
		"no cookie": header("AUTH", 0),
		"two words": "auth a b\n",
		"open":      "auth \"\n",
	} {
		t.Run(name, func(t *testing.T) {
			h := newHelped(t, true)
			r := h.silent(t)
			for i, left := range []string{"2 tries left", "1 try left", "no try left"} {
				_, err := r.net.Write([]byte(auth))
				require.NoError(t, err)
				g := r.next(t)
				require.Equal(t, codec.ERR, g.verb)
				require.True(t, strings.HasPrefix(g.body, "not-allowed "), g.body)
				require.Contains(t, g.body, left, "try %d", i)
			}
			require.Empty(t, r.rest(t))
			require.NotContains(t, h.log.String(), "connected")
		})
	}
}

func header(verb string, n int) string { return fmt.Sprintf("%-4s %010d\n", verb, n) }

func TestRightCookieIsTakenAfterAWrongOne(t *testing.T) {
	h := newHelped(t, true)
	r := h.silent(t)
	r.say(t, "AUTH", "wrong")
	require.Equal(t, codec.ERR, r.next(t).verb)
	r.say(t, "AUTH", h.cookie)
	require.Equal(t, codec.HELO, r.next(t).verb)
	r.say(t, "ECHO", "x")
	require.Equal(t, "x\n", r.next(t).body)
}

func TestOpenWithAWrongCookieSaysSo(t *testing.T) {
	h := newHelped(t, true)
	_, _, err := link.Open(t.Context(), h.dial(t), link.Opening{Cookie: "wrong"})
	require.ErrorIs(t, err, &codec.Error{Code: codec.NotAllowed})
	require.ErrorContains(t, err, "wrong cookie")
}

func TestCookieIsNotLogged(t *testing.T) {
	h := newHelped(t, true)
	h.client(t).ok("PING")
	require.Contains(t, h.log.String(), "connected")
	require.NotContains(t, h.log.String(), h.cookie)
}

func TestLongFrameBeforeTheGateIsNotTaken(t *testing.T) {
	h := newHelped(t, true)
	r := h.silent(t)
	_, err := r.net.Write([]byte(header("AUTH", 1<<10+1)))
	require.NoError(t, err)
	require.Empty(t, r.rest(t))
}

func TestGateIsOpenFor60Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, begun := range []string{"", "AUTH", "auth coo", header("AUTH", 7) + "coo"} {
			ours, theirs := net.Pipe()
			done := make(chan error, 1)
			go func() {
				_, err := remote.Cookie("cookie").Enter(t.Context(), theirs)
				done <- err
				theirs.Close()
			}()
			_, err := ours.Write([]byte(begun))
			require.NoError(t, err)
			time.Sleep(60*time.Second - time.Millisecond)
			synctest.Wait()
			require.Empty(t, done, "too early")
			time.Sleep(2 * time.Millisecond)
			synctest.Wait()
			require.NotEmpty(t, done, "too late")
			require.ErrorIs(t, <-done, &codec.Error{Code: codec.Timeout})
			ours.Close()
		}
	})
}

func TestServeRefusesToStartWithoutAGate(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.ErrorIs(t, (&remote.Server{}).Serve(context.Background(), l), remote.ErrNoGate)
	_, err = net.Dial("tcp", l.Addr().String())
	require.Error(t, err, "the listener is closed")
}
