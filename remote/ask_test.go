package remote_test

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
)

// A person answers the questions of a server.
type person struct {
	asked  chan remote.Question
	answer chan remote.Answer
}

func newPerson(s *remote.Server) *person {
	p := &person{make(chan remote.Question, 100), make(chan remote.Answer, 100)}
	s.Ask = func(ctx context.Context, q remote.Question) (remote.Answer, error) {
		p.asked <- q
		select {
		case a := <-p.answer:
			return a, nil
		case <-ctx.Done():
			return remote.No, context.Cause(ctx)
		}
	}
	return p
}

func TestEveryVerbThatRunsSeesOrDeletesIsAskedFor(t *testing.T) {
	for _, verb := range remote.Verbs() {
		dangerous := verb.Right == trust.Exec || verb.Right == trust.Del || verb.Verb == "SHOT"
		require.Equal(t, dangerous, verb.Asks, verb.Verb)
		h := newHelped(t, false)
		p := newPerson(h.server)
		c := h.client(t)
		p.answer <- remote.No
		r := request(t, verb.Verb+" ?nothing")
		r.Send = func(context.Context, *link.Upstream) error { return nil }
		_, err := c.call(t.Context(), r)
		if !dangerous {
			require.Empty(t, p.asked, verb.Verb)
			continue
		}
		require.ErrorIs(t, err, &codec.Error{Code: codec.Declined})
		require.ErrorContains(t, err, "said no")
		require.Equal(t, remote.Question{Peer: "whom the carrier let in", Verb: strings.ToLower(verb.Verb), Words: "?nothing"}, <-p.asked)
	}
}

func TestAnswerForTheSessionHoldsForItsKindAndItsSessionOnly(t *testing.T) {
	h := newHelped(t, false)
	p := newPerson(h.server)
	c := h.client(t)
	p.answer <- remote.ForSession
	c.ok("SH true")
	c.ok("EXEC true")
	require.Len(t, p.asked, 1)
	h.write(t, "kept", "")
	p.answer <- remote.No
	c.fails("DEL kept", codec.Declined)
	require.Len(t, p.asked, 2)
	p.answer <- remote.Yes
	c.ok("DEL kept")
	p.answer <- remote.No
	h.client(t).fails("SH true", codec.Declined)
	require.Len(t, p.asked, 4)
	require.Contains(t, h.log.String(), `msg=asked session=2 peer="whom the carrier let in" verb=sh words=true answer=no`)
}

func TestNobodyToAskIsNo(t *testing.T) {
	h := newHelped(t, false)
	h.server.Ask = func(context.Context, remote.Question) (remote.Answer, error) {
		return remote.Yes, errors.New("there is no console")
	}
	_, e := h.client(t).fails("SH true", codec.Declined)
	require.Contains(t, e.Text, "there is no console")
}

// A client may stream and then want to stop, before anybody has answered.
func TestQuestionIsWithdrawnWhenTheCallIsStopped(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		p := newPerson(h.server)
		r := h.raw(t)
		r.say(t, "EXEC", "-i", "cat")
		require.NoError(t, r.Write(codec.DATA, make([]byte, 64<<10)))
		r.say(t, "STOP")
		<-p.asked
		require.Equal(t, codec.NEWS, r.next(t).verb)
		g := r.next(t)
		require.Equal(t, codec.ERR, g.verb)
		require.True(t, strings.HasPrefix(g.body, "cancelled "), g.body)
		r.say(t, "ECHO", "next")
		require.Equal(t, "next\n", r.next(t).body)
	})
}

func TestStreamThatCameBeforeTheAnswerIsNotLost(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		p := newPerson(h.server)
		c := h.client(t)
		done := make(chan reply, 1)
		text := strings.Repeat("0123456789abcdef", 20_000)
		go func() {
			r := request(t, "EXEC -i cat")
			r.Send = feed(strings.NewReader(text))
			got, err := c.call(t.Context(), r)
			if err != nil {
				got.data = err.Error()
			}
			done <- got
		}()
		<-p.asked
		p.answer <- remote.Yes
		require.Equal(t, text, (<-done).data)
	})
}

func TestWaitingForAnAnswerIsNews(t *testing.T) {
	h := newHelped(t, false)
	p := newPerson(h.server)
	c := h.client(t)
	news := make(chan string, 1)
	c.News = func(kind, text string) { news <- kind + ": " + text }
	p.answer <- remote.Yes
	c.ok("SH true")
	require.Equal(t, "asking: the person there is being asked", <-news)
}

func TestSayIsShownToThePersonThere(t *testing.T) {
	h := newHelped(t, false)
	c := h.client(t)
	c.ok(`SAY "hello, it's me"`)
	require.Contains(t, h.log.String(), `msg=says session=1 peer="whom the carrier let in" text="hello, it's me"`)
	r := h.raw(t)
	_, err := r.net.Write([]byte("say don't  panic\n"))
	require.NoError(t, err)
	require.Equal(t, codec.OK, r.next(t).verb)
	require.Contains(t, h.log.String(), `text="don't  panic"`)
	c.fails("SAY", codec.BadRequest)
	c.ok("SAY e\"\\x1b[31mred\"")
	require.NotContains(t, h.log.String(), "\x1b")
}

// What comes before a stream is wanted is kept up to what may come unasked;
// then the reader waits, and the client with it.
func TestStreamThatCameBeforeTheAnswerIsBounded(t *testing.T) {
	h := newHelped(t, false) // a pipe: what is written has been read
	p := newPerson(h.server)
	r := h.raw(t)
	r.say(t, "EXEC", "-i", "cat")
	<-p.asked
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
	case <-time.After(100 * time.Millisecond): // a reader that takes all needs less
	}
	p.answer <- remote.No
	require.Equal(t, 1000, <-taken, "they are dropped then")
}
