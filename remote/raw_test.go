package remote_test

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

// raw is a client that says what a test wants, frame by frame or byte by
// byte. Its reader always reads.
type raw struct {
	*codec.Conn
	net    net.Conn
	frames chan said // closed at the end
}

type said struct {
	verb codec.Verb
	body string
}

// raw makes a raw client after its HELO.
func (h *helped) raw(t testing.TB) *raw {
	r := h.silent(t)
	if h.cookie != "" {
		r.say(t, "AUTH", h.cookie)
	}
	require.Equal(t, codec.HELO, r.next(t).verb)
	return r
}

// silent makes a raw client that has said nothing.
func (h *helped) silent(t testing.TB) *raw {
	conn := h.dial(t)
	r := &raw{Conn: codec.NewConn(conn), net: conn, frames: make(chan said, 1000)}
	over := make(chan struct{})
	go func() {
		defer close(over)
		defer close(r.frames)
		defer conn.Close()
		for {
			f, err := r.ReadFrame()
			if err != nil {
				return
			}
			r.frames <- said{f.Verb, string(f.Body)}
		}
	}()
	t.Cleanup(func() {
		conn.Close()
		for range r.frames {
		}
		<-over
	})
	return r
}

// next returns the next frame; the zero said is the end.
func (r *raw) next(t testing.TB) said {
	t.Helper()
	select {
	case s := <-r.frames:
		return s
	case <-time.After(patience):
		require.Fail(t, "the server says nothing")
		return said{}
	}
}

// rest returns what comes until the end.
func (r *raw) rest(t testing.TB) []said {
	t.Helper()
	var all []said
	for {
		s := r.next(t)
		if s.verb == 0 {
			return all
		}
		all = append(all, s)
	}
}

// say writes a frame of words.
func (r *raw) say(t testing.TB, verb string, words ...string) {
	t.Helper()
	w := make([]codec.Word, len(words))
	for i, text := range words {
		w[i] = codec.Bare(text)
	}
	require.NoError(t, r.WriteWords(codec.MakeVerb(verb), w...))
	require.NoError(t, r.Flush())
}
