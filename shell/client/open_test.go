package client_test

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/console"
)

func TestAWrongAnswerMayBeGivenAgainTwice(t *testing.T) {
	tries, retries := 0, 0
	dial := func(_ context.Context, _ string, ask func(string) (string, error)) (
		io.ReadWriteCloser, link.Opening, error,
	) {
		tries++
		_, err := ask("cookie: ")
		require.NoError(t, err)
		local, remote := net.Pipe()
		go func() {
			conn := codec.NewConn(remote)
			defer conn.Close()
			_, _ = conn.ReadFrame()
			refuse(codec.NotAllowed, "wrong cookie")(conn, codec.Frame{})
			_ = conn.Flush()
			conn.Drop()
		}()
		return local, link.Opening{Cookie: "q7hz"}, nil
	}
	_, err := client.Open(t.Context(), "", client.Options{
		Dial:  dial,
		Ask:   func(string) (string, error) { return "guess", nil },
		Retry: func(error) { retries++ },
	})
	require.EqualError(t, err, "connection: wrong cookie")
	require.Equal(t, []int{3, 2}, []int{tries, retries})
}

func TestAFailedGreetingIsExplained(t *testing.T) {
	for name, c := range map[string]struct {
		opening   link.Opening
		err       error
		want      string
		wantsHint string
	}{
		"hung up": {link.Opening{}, io.EOF, "pc: it closed the connection before it greeted", ""},
		"another one": {
			link.Opening{},
			codec.Errorf(codec.BadFrame, "SSH-2.0"),
			"pc: it answered, but it is not techshd: SSH-2.0", "",
		},
		"told a secret": {
			link.Opening{Cookie: "x"},
			codec.Errorf(codec.BadFrame, "SSH-2.0"),
			"pc: it answered, but it is not techshd: SSH-2.0", "nothing was sent but the cookie",
		},
		"wrong cookie": {
			link.Opening{Cookie: "x"},
			codec.Errorf(codec.NotAllowed, "wrong cookie"), "pc: wrong cookie",
			"techshd --plain prints its cookie when it starts: auth COOKIE",
		},
		"refused": {
			link.Opening{},
			&net.OpError{Op: "read", Err: errors.New("connection reset by peer")},
			"pc: connection reset by peer", "",
		},
	} {
		err := client.ExplainGreeting("pc", c.opening, c.err)
		require.EqualError(t, err, c.want, name)
		require.Equal(t, c.wantsHint, console.HintOf(err), name)
	}
	unpaired := codec.Errorf(codec.Unpaired, "does not know this computer")
	require.Same(t, unpaired, client.ExplainGreeting("pc", link.Opening{}, unpaired))
	require.Equal(t, "connection", client.TargetName(""))
}
