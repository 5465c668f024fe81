package access_test

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
	"techsh/remote/access"
	"techsh/remote/remotetest"
)

func TestServerIsSilentBeforeAuth(t *testing.T) {
	h := remotetest.New(t, true)
	r := h.Silent(t)
	for _, c := range []byte("AuTh ") {
		_, err := r.Net.Write([]byte{c})
		require.NoError(t, err)
	}
	select {
	case g := <-r.Frames:
		require.Fail(t, "it said something", "%v", g)
	case <-time.After(100 * time.Millisecond):
	}
	_, err := r.Net.Write([]byte(h.Cookie + "\n"))
	require.NoError(t, err)
	require.Equal(t, codec.HELO, r.Next(t).Verb)
}

func TestAnythingButAuthClosesAtItsFirstDifferingByteWithoutAWord(t *testing.T) {
	h := remotetest.New(t, true)
	for _, begin := range []string{
		"G", "\x16", "S", "\n", " ", "\x00", "B", "AX", "AUT\n", "AUTHX", "AUTH\n", "AUTH\t", "auth\r",
		"authx", "HELO ", "AUTH\x00",
	} {
		t.Run(fmt.Sprintf("%q", begin), func(t *testing.T) {
			conn := h.Dial(t)
			defer conn.Close()
			require.NoError(t, conn.SetDeadline(time.Now().Add(remotetest.Timeout)))
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
		"as frames": remotetest.Header("AUTH", 6) + "wrong\n",
		"no cookie": remotetest.Header("AUTH", 0),
		"two words": "auth a b\n",
		"open":      "auth \"\n",
	} {
		t.Run(name, func(t *testing.T) {
			h := remotetest.New(t, true)
			r := h.Silent(t)
			for i, left := range []string{"2 tries left", "1 try left", "no try left"} {
				_, err := r.Net.Write([]byte(auth))
				require.NoError(t, err)
				g := r.Next(t)
				require.Equal(t, codec.ERR, g.Verb)
				require.True(t, strings.HasPrefix(g.Body, "not-allowed "), g.Body)
				require.Contains(t, g.Body, left, "try %d", i)
			}
			require.Empty(t, r.Rest(t))
			require.NotContains(t, h.Log.String(), "connected")
		})
	}
}

func TestRightCookieIsTakenAfterAWrongOne(t *testing.T) {
	h := remotetest.New(t, true)
	r := h.Silent(t)
	r.Say(t, "AUTH", "wrong")
	require.Equal(t, codec.ERR, r.Next(t).Verb)
	r.Say(t, "AUTH", h.Cookie)
	require.Equal(t, codec.HELO, r.Next(t).Verb)
	r.Say(t, "ECHO", "x")
	require.Equal(t, "x\n", r.Next(t).Body)
}

func TestOpenReportsAWrongCookie(t *testing.T) {
	h := remotetest.New(t, true)
	_, _, err := link.Open(t.Context(), h.Dial(t), link.Opening{Cookie: "wrong"})
	require.ErrorIs(t, err, &codec.Error{Code: codec.NotAllowed})
	require.ErrorContains(t, err, "wrong cookie")
}

func TestCookieIsNotLogged(t *testing.T) {
	h := remotetest.New(t, true)
	h.Client(t).OK("PING")
	require.Contains(t, h.Log.String(), "connected")
	require.NotContains(t, h.Log.String(), h.Cookie)
}

func TestLongFrameBeforeTheGateIsNotTaken(t *testing.T) {
	h := remotetest.New(t, true)
	r := h.Silent(t)
	_, err := r.Net.Write([]byte(remotetest.Header("AUTH", 1<<10+1)))
	require.NoError(t, err)
	require.Empty(t, r.Rest(t))
}

func TestGateIsOpenFor60Seconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, begun := range []string{"", "AUTH", "auth coo", remotetest.Header("AUTH", 7) + "coo"} {
			ours, theirs := net.Pipe()
			done := make(chan error, 1)
			go func() {
				_, err := access.Cookie("cookie").Enter(t.Context(), theirs)
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
