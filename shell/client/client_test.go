package client_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/client"
	"techsh/shell/console"
)

// A remoteFunc handles a call on the remote, which would otherwise answer OK.
type remoteFunc func(conn *codec.Conn, call codec.Frame)

// newRemote returns a Dial to a remote that greets and handles calls with answer.
// dialled receives the remote's end of each connection.
func newRemote(t *testing.T, answer remoteFunc) (dial client.Dial, dialled chan net.Conn) {
	t.Helper()
	dialled = make(chan net.Conn, 8)
	return func(context.Context, string, func(string) (string, error)) (io.ReadWriteCloser, link.Opening, error) {
		local, remote := net.Pipe()
		served := make(chan struct{})
		go func() {
			defer close(served)
			serve(remote, answer)
		}()
		t.Cleanup(func() {
			remote.Close()
			<-served
		})
		dialled <- remote
		return local, link.Opening{}, nil
	}, dialled
}

func serve(rwc net.Conn, answer remoteFunc) {
	conn := codec.NewConn(rwc)
	defer conn.Close()
	hello := codec.Hello{
		Versions: []string{codec.Version}, System: "linux", Host: "remote", Cwd: "/home/ann",
		Verbs: []string{"PING", "CD", "ECHO", "HASH", "STAT", "TIME"},
	}
	_ = conn.WriteWords(codec.HELO, hello.Words()...)
	_ = conn.Flush()
	for {
		f, err := conn.ReadFrame()
		if err != nil {
			return
		}
		switch f.Verb {
		case codec.HELO, codec.TICK, codec.END:
		default:
			answer(conn, f)
			_ = conn.Flush()
		}
	}
}

func ok(conn *codec.Conn, _ codec.Frame) { _ = conn.WriteWords(codec.OK) }

// refuse returns a handler that answers with an error.
func refuse(code codec.Code, text string) remoteFunc {
	return func(conn *codec.Conn, _ codec.Frame) {
		e := &codec.Error{Code: code, Text: text}
		_ = conn.WriteWords(codec.ERR, e.Words()...)
	}
}

// say returns a handler that answers with text.
func say(text string) remoteFunc {
	return func(conn *codec.Conn, f codec.Frame) {
		_ = conn.Write(codec.DATA, []byte(text))
		ok(conn, f)
	}
}

func open(t *testing.T, answer remoteFunc) (*client.Client, chan net.Conn) {
	t.Helper()
	dial, dialled := newRemote(t, answer)
	c, err := client.Open(t.Context(), "office-pc", client.Options{Dial: dial, Names: []string{"office-pc"}})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c, dialled
}

func ping(ctx context.Context, c *client.Client) error {
	_, err := c.Do(ctx, link.Request{Verb: codec.MakeVerb("PING")})
	return err
}

func TestAnOpenConnectionKnowsItsRemote(t *testing.T) {
	c, _ := open(t, ok)
	require.Equal(t, "office-pc", c.Hello.Host, "the name under which it is known")
	require.Equal(t, "/home/ann", c.Cwd)
	require.Equal(t, "office-pc", c.Target)
	require.True(t, c.Alive())
	require.True(t, c.Offers("PING"))
	require.False(t, c.Offers("SHOT"))
	require.NoError(t, ping(t.Context(), c))
}

func TestWithoutAConnectionNothingIsCalled(t *testing.T) {
	var none *client.Client
	err := ping(t.Context(), none)
	require.ErrorIs(t, err, client.ErrNotConnected)
	require.Equal(t, "open connects again", console.HintOf(err))
	require.False(t, none.Alive())
	require.False(t, none.Offers("PING"))
	none.Close()
}

func TestAnEndedConnectionSaysWhyUnlessItCanBeOpenedAgain(t *testing.T) {
	c, _ := open(t, ok)
	c.Close()
	require.False(t, c.Alive())
	require.Error(t, ping(t.Context(), c))
	require.NotErrorIs(t, ping(t.Context(), c), client.ErrNotConnected)
	c.Reopens = true
	require.ErrorIs(t, ping(t.Context(), c), client.ErrNotConnected)
	require.NoError(t, c.Watch(func(string) {}), "it was closed on purpose")
}

func TestALostLinkFailsTheCall(t *testing.T) {
	var remote net.Conn
	c, dialled := open(t, func(*codec.Conn, codec.Frame) { remote.Close() })
	remote = <-dialled
	require.ErrorIs(t, ping(t.Context(), c), link.ErrLost)
	err := c.Watch(func(string) {})
	require.Error(t, err)
	require.True(t, strings.HasPrefix(err.Error(), "office-pc: "), err)
}

func TestErrorsOfTheRemoteMatchGoErrors(t *testing.T) {
	c, _ := open(t, refuse(codec.NotFound, "no such file or folder"))
	require.ErrorIs(t, ping(t.Context(), c), fs.ErrNotExist)
	require.NoError(t, c.Stat(t.Context(), codec.Lits("x"), func(codec.Entry) {}), "it has gone meanwhile")
	require.True(t, c.Alive())
}

func TestARemoteThatWithdrawsItsTrustIsNamed(t *testing.T) {
	c, _ := open(t, refuse(codec.Unpaired, "revoked"))
	err := ping(t.Context(), c)
	require.ErrorIs(t, err, &codec.Error{Code: codec.Unpaired})
	require.ErrorContains(t, err, "office-pc no longer lets this computer in: revoked")
	require.Contains(t, console.HintOf(err), "techsh pair")
}

func TestACancelledCallHasTheCauseOfItsContext(t *testing.T) {
	called := make(chan struct{})
	c, _ := open(t, func(conn *codec.Conn, f codec.Frame) {
		if f.Verb == codec.STOP {
			refuse(codec.Cancelled, "cancelled")(conn, f)
			return
		}
		close(called)
	})
	why := errors.New("Ctrl-C")
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-called
		cancel(why)
	}()
	require.ErrorIs(t, ping(ctx, c), why)
	require.True(t, c.Alive())
}

func TestALinkThatIsLostWhileACallIsCancelledIsReplaced(t *testing.T) {
	called := make(chan struct{})
	var remote net.Conn
	c, dialled := open(t, func(_ *codec.Conn, f codec.Frame) {
		if f.Verb == codec.STOP {
			remote.Close()
			return
		}
		close(called)
	})
	remote = <-dialled
	replaced := errors.New("this is a new connection")
	c.OnLost = func(_ context.Context, err error) error {
		require.ErrorIs(t, err, link.ErrLost)
		return replaced
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-called
		cancel()
	}()
	require.ErrorIs(t, ping(ctx, c), replaced)
}

func TestTextAndLinesAreReadAndBounded(t *testing.T) {
	c, _ := open(t, say("one\ntwo\n"))
	text, err := c.Text(t.Context(), "ECHO")
	require.NoError(t, err)
	require.Equal(t, "one\ntwo\n", text)
	var lines []string
	require.NoError(t, c.Lines(t.Context(), "ECHO", nil, nil, func(line string) error {
		lines = append(lines, line)
		return nil
	}))
	require.Equal(t, []string{"one", "two"}, lines)

	c, _ = open(t, func(conn *codec.Conn, f codec.Frame) {
		for range 3 {
			_ = conn.Write(codec.DATA, make([]byte, codec.MaxBytes/2))
		}
		ok(conn, f)
	})
	_, err = c.Text(t.Context(), "ECHO")
	require.ErrorIs(t, err, &codec.Error{Code: codec.TooBig})
}

func TestSumsAreCheckedBeforeTheyAreBelieved(t *testing.T) {
	sum := strings.Repeat("0a", 32)
	c, _ := open(t, say(sum+` "my file"`+"\n"))
	require.NoError(t, c.Hash(t.Context(), nil, nil, func(got, path string) {
		require.Equal(t, sum, got)
		require.Equal(t, "my file", path)
	}))
	for _, line := range []string{"x", sum, sum + " a b", strings.ToUpper(sum) + " a", sum[1:] + " a"} {
		c, _ := open(t, say(line+"\n"))
		err := c.Hash(t.Context(), nil, nil, func(string, string) { require.Fail(t, line) })
		require.ErrorIs(t, err, &codec.Error{Code: codec.BadFrame}, line)
	}
}

func TestTheWorkingFolderIsThatOfTheAnswer(t *testing.T) {
	calls := 0
	c, _ := open(t, func(conn *codec.Conn, _ codec.Frame) {
		calls++
		_ = conn.WriteWords(codec.OK, codec.Pairs{{Key: "cwd", Value: "/logs"}}.Words()...)
	})
	require.NoError(t, c.SetCwd(t.Context(), "logs"))
	require.Equal(t, "/logs", c.Cwd)
	require.NoError(t, c.SetCwd(t.Context(), "/logs"))
	require.NoError(t, c.SetCwd(t.Context(), ""))
	require.Equal(t, 1, calls)
}

func TestNewsAreHeardUntilTheEnd(t *testing.T) {
	c, _ := open(t, func(conn *codec.Conn, f codec.Frame) {
		_ = conn.WriteWords(codec.NEWS, codec.Bare("asking"), codec.Lit("somebody is being asked"))
		ok(conn, f)
	})
	heard := make(chan string, 2)
	ended := make(chan error)
	go func() { ended <- c.Watch(func(text string) { heard <- text }) }()
	require.NoError(t, ping(t.Context(), c))
	require.Equal(t, "somebody is being asked", <-heard)
	c.Close()
	require.NoError(t, <-ended)
}

func TestAnExchangeMakesTheCalls(t *testing.T) {
	c, _ := open(t, ok)
	want := errors.New("explained")
	c.Exchange = func(context.Context, *link.Link, link.Request) (codec.Pairs, error) { return nil, want }
	require.ErrorIs(t, ping(t.Context(), c), want)
}
