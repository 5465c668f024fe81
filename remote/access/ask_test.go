package access_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote"
	"techsh/remote/access"
	"techsh/remote/remotetest"
)

func TestEveryVerbThatRunsSeesOrDeletesIsAskedFor(t *testing.T) {
	for _, verb := range new(remote.Server).Table() {
		dangerous := verb.Right == trust.Exec || verb.Right == trust.Del || verb.Verb == "SHOT"
		require.Equal(t, dangerous, verb.Asks, verb.Verb)
		h := remotetest.New(t, false)
		p := remotetest.NewPerson(h.Server)
		c := h.Client(t)
		p.Answer <- access.No
		r := remotetest.NewRequest(t, verb.Verb+" ?nothing")
		r.Send = func(context.Context, *link.Upstream) error { return nil }
		_, err := c.Call(t.Context(), r)
		if !dangerous {
			require.Empty(t, p.Asked, verb.Verb)
			continue
		}
		require.ErrorIs(t, err, &codec.Error{Code: codec.Declined})
		require.ErrorContains(t, err, "said no")
		require.Equal(
			t,
			access.Question{Peer: "admitted by another program", Verb: strings.ToLower(verb.Verb), Words: "?nothing"},
			<-p.Asked,
		)
	}
}

func TestAnswerForTheSessionHoldsForItsKindAndItsSessionOnly(t *testing.T) {
	h := remotetest.New(t, false)
	p := remotetest.NewPerson(h.Server)
	c := h.Client(t)
	p.Answer <- access.ForSession
	c.OK("SH true")
	c.OK("EXEC true")
	require.Len(t, p.Asked, 1)
	h.Write(t, "kept", "")
	p.Answer <- access.No
	c.Fails("DEL kept", codec.Declined)
	require.Len(t, p.Asked, 2)
	p.Answer <- access.Yes
	c.OK("DEL kept")
	p.Answer <- access.No
	h.Client(t).Fails("SH true", codec.Declined)
	require.Len(t, p.Asked, 4)
	require.Contains(
		t,
		h.Log.String(),
		`msg=asked session=2 peer="admitted by another program" verb=sh words=true answer=no`,
	)
}

func TestCallsAreDeclinedWithoutATerminal(t *testing.T) {
	h := remotetest.New(t, false)
	h.Server.Ask = func(context.Context, access.Question) (access.Answer, error) {
		return access.Yes, errors.New("there is no console")
	}
	_, e := h.Client(t).Fails("SH true", codec.Declined)
	require.Contains(t, e.Text, "there is no console")
}

// A client may send its stream and then stop the call before the question is answered.
func TestQuestionIsWithdrawnWhenTheCallIsStopped(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		p := remotetest.NewPerson(h.Server)
		r := h.Raw(t)
		r.Say(t, "EXEC", "-i", "cat")
		require.NoError(t, r.Write(codec.DATA, make([]byte, 64<<10)))
		r.Say(t, "STOP")
		<-p.Asked
		require.Equal(t, codec.NEWS, r.Next(t).Verb)
		g := r.Next(t)
		require.Equal(t, codec.ERR, g.Verb)
		require.True(t, strings.HasPrefix(g.Body, "cancelled "), g.Body)
		r.Say(t, "ECHO", "next")
		require.Equal(t, "next\n", r.Next(t).Body)
	})
}

func TestStreamThatCameBeforeTheAnswerIsNotLost(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		p := remotetest.NewPerson(h.Server)
		c := h.Client(t)
		done := make(chan remotetest.Reply, 1)
		text := strings.Repeat("0123456789abcdef", 20_000)
		go func() {
			r := remotetest.NewRequest(t, "EXEC -i cat")
			r.Send = remotetest.Feed(strings.NewReader(text))
			got, err := c.Call(t.Context(), r)
			if err != nil {
				got.Data = err.Error()
			}
			done <- got
		}()
		<-p.Asked
		p.Answer <- access.Yes
		require.Equal(t, text, (<-done).Data)
	})
}

func TestWaitingForAnAnswerIsNews(t *testing.T) {
	h := remotetest.New(t, false)
	p := remotetest.NewPerson(h.Server)
	c := h.Client(t)
	news := make(chan string, 1)
	c.News = func(kind, text string) { news <- kind + ": " + text }
	p.Answer <- access.Yes
	c.OK("SH true")
	require.Equal(t, "asking: the person at the remote computer is being asked", <-news)
}

func TestSayIsShownToThePersonAtTheRemote(t *testing.T) {
	h := remotetest.New(t, false)
	c := h.Client(t)
	c.OK(`SAY "hello, it's me"`)
	require.Contains(t, h.Log.String(), `msg=says session=1 peer="admitted by another program" text="hello, it's me"`)
	r := h.Raw(t)
	_, err := r.Net.Write([]byte("say don't  panic\n"))
	require.NoError(t, err)
	require.Equal(t, codec.OK, r.Next(t).Verb)
	require.Contains(t, h.Log.String(), `text="don't  panic"`)
	c.Fails("SAY", codec.BadRequest)
	c.OK("SAY e\"\\x1b[31mred\"")
	require.NotContains(t, h.Log.String(), "\x1b")
}

// Before a verb reads its stream, the frames of the stream are buffered up to the amount
// that may be sent unrequested. Then the reader blocks, and with it the client.
func TestStreamThatCameBeforeTheAnswerIsBounded(t *testing.T) {
	h := remotetest.New(t, false) // over a pipe, a write returns only when the server has read the bytes
	p := remotetest.NewPerson(h.Server)
	r := h.Raw(t)
	r.Say(t, "EXEC", "-i", "cat")
	<-p.Asked
	taken := make(chan int, 1)
	go func() {
		n := 0
		for ; n < 1000; n++ {
			if errors.Join(r.Write(codec.DATA, make([]byte, 16<<10)), r.Flush()) != nil {
				break
			}
		}
		taken <- n
	}()
	select {
	case <-taken:
		require.Fail(t, "16 MB were taken")
	case <-time.After(100 * time.Millisecond): // enough for a reader that does not block to read everything
	}
	p.Answer <- access.No
	require.Equal(t, 1000, <-taken, "they are dropped then")
}
