package remotetest

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func Header(verb string, n int) string { return fmt.Sprintf("%-4s %010d\n", verb, n) }

// Bare returns words that need no quotes.
func Bare(texts ...string) (words []codec.Word) {
	for _, text := range texts {
		words = append(words, codec.Bare(text))
	}
	return words
}

// Raw is a client with which a test sends single frames or bytes. It reads the frames
// that arrive into the channel Frames.
type Raw struct {
	*codec.Conn
	Net    net.Conn
	Frames chan Said // closed at the end of the connection
}

type Said struct {
	Verb codec.Verb
	Body string
}

// Raw returns a raw client that has received HELO.
func (h *Remote) Raw(t testing.TB) *Raw {
	r := h.Silent(t)
	if h.Cookie != "" {
		r.Say(t, "AUTH", h.Cookie)
	}
	require.Equal(t, codec.HELO, r.Next(t).Verb)
	return r
}

// Silent returns a raw client that has sent nothing.
func (h *Remote) Silent(t testing.TB) *Raw {
	conn := h.Dial(t)
	r := &Raw{Conn: codec.NewConn(conn), Net: conn, Frames: make(chan Said, 1000)}
	over := make(chan struct{})
	go func() {
		defer close(over)
		defer close(r.Frames)
		defer conn.Close()
		for {
			f, err := r.ReadFrame()
			if err != nil {
				return
			}
			r.Frames <- Said{f.Verb, string(f.Body)}
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		for range r.Frames {
		}
		<-over
	})
	return r
}

// Next returns the next frame, or the zero Said at the end.
func (r *Raw) Next(t testing.TB) Said {
	t.Helper()
	select {
	case s := <-r.Frames:
		return s
	case <-time.After(Timeout):
		require.Fail(t, "the server says nothing")
		return Said{}
	}
}

// Rest returns all frames until the end.
func (r *Raw) Rest(t testing.TB) []Said {
	t.Helper()
	var all []Said
	for {
		s := r.Next(t)
		if s.Verb == 0 {
			return all
		}
		all = append(all, s)
	}
}

// Say writes a frame of words.
func (r *Raw) Say(t testing.TB, verb string, words ...string) {
	t.Helper()
	w := make([]codec.Word, len(words))
	for i, text := range words {
		w[i] = codec.Bare(text)
	}
	require.NoError(t, r.WriteWords(codec.MakeVerb(verb), w...))
	require.NoError(t, r.Flush())
}
