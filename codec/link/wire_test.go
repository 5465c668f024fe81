package link_test

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
)

// header returns a header, valid or not.
func header(verb string, n int) string { return fmt.Sprintf("%-4s %010d\n", verb, n) }

func TestBrokenConversationIsHungUpOnWithOneError(t *testing.T) {
	first := header("ECHO", 2) + "x\n"
	for name, bytes := range map[string]string{
		"header: no verb":             "     0000000000\n",
		"header: small letters":       "echo 0000000002\nx\n",
		"header: letter in length":    "ECHO 00000000a2\nx\n",
		"header: no LF":               "ECHO 0000000002xx\n",
		"header: a gap in the verb":   "E CO 0000000002\nx\n",
		"header: HTTP":                "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"words: one byte too long":    header("ECHO", codec.MaxWords+1),
		"data: one byte too long":     header("DATA", codec.MaxBytes+1),
		"the largest number":          header("ECHO", 9999999999),
		"server's frame OK":           header("OK", 0),
		"server's frame ERR":          header("ERR", 0),
		"server's frame NOTE":         header("NOTE", 0),
		"server's frame MORE":         header("MORE", 0),
		"server's frame NEWS":         header("NEWS", 0),
		"second HELO":                 header("HELO", 9) + "techsh/1\n",
		"a typed line after a header": "echo hello, world\n",
	} {
		t.Run(name, func(t *testing.T) {
			overEach(t, func(t *testing.T, connect ends) {
				client, server := connect(t)
				done := serve(t, server, handler)
				r := openRaw(t, client)
				go r.net.Write([]byte(first + bytes))
				require.Equal(t, codec.OK, r.next(t).verb)
				rest := r.rest(t)
				require.Len(t, rest, 1, "%v", rest)
				require.Equal(t, codec.ERR, rest[0].verb)
				require.True(t, strings.HasPrefix(rest[0].body, "bad-frame "), rest[0].body)
				require.ErrorIs(t, closed(t, done), &codec.Error{Code: codec.BadFrame})
			})
		})
	}
}

func TestBrokenFirstLineIsHungUpOnWithOneError(t *testing.T) {
	for name, bytes := range map[string]string{
		"a digit in front":    "1 2 3\n",
		"a TLS hello":         "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\n",
		"a broken header":     "ECHO 000000000\n",
		"a line without end":  strings.Repeat("x", codec.MaxHand+1),
		"a header, too large": header("ECHO", codec.MaxWords+1),
	} {
		t.Run(name, func(t *testing.T) {
			overEach(t, func(t *testing.T, connect ends) {
				r := openRawTo(t, connect, handler)
				go r.net.Write([]byte(bytes))
				rest := r.rest(t)
				require.Len(t, rest, 1, "%v", rest)
				require.True(t, strings.HasPrefix(rest[0].body, "bad-frame "), rest[0].body)
			})
		})
	}
}

func TestLongestFramesAreTaken(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		r := openRawTo(t, connect, handler)
		word := strings.Repeat("x", 60_000)
		go r.net.Write([]byte(header("ECHO", codec.MaxWords) + word +
			strings.Repeat(" ", codec.MaxWords-len(word)-1) + "\n" +
			header("TAKE", 0) + header("DATA", codec.MaxBytes) + strings.Repeat("y", codec.MaxBytes) +
			header("END", 0)))
		require.Equal(t, "said="+word+"\n", r.next(t).body)
		require.Equal(t, fmt.Sprintf("bytes=%d\n", codec.MaxBytes), r.next(t).body)
	})
}

func TestCallInsideAnOpenStreamIsHungUpOn(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		client, server := connect(t)
		done := serve(t, server, handler)
		r := openRaw(t, client)
		r.say(t, "TAKE")
		r.say(t, "DATA", "x")
		r.say(t, "ECHO", "y")
		rest := r.rest(t)
		require.Len(t, rest, 1, "%v", rest)
		require.True(t, strings.HasPrefix(rest[0].body, "bad-frame "), rest[0].body)
		require.Error(t, closed(t, done))
	})
}

// The running call is answered; the reason for hanging up is part of this answer or
// follows it.
func TestBrokenFrameDuringACallCancelsItWithTheReason(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		for verb, want := range map[string][]string{
			"WAIT": {"ERR bad-frame"},
			"MUTE": {"OK", "ERR bad-frame"}, // the call has already succeeded, so the reason follows its OK
		} {
			r := openRawTo(t, connect, func(ctx context.Context, c *link.Call) (codec.Pairs, error) {
				if c.Verb == codec.MakeVerb("MUTE") {
					c.NoStream()
					<-ctx.Done()
					return nil, nil
				}
				return handler(ctx, c)
			})
			go r.net.Write([]byte(header(verb, 0) + "?????????????????"))
			var all []string
			for _, g := range r.rest(t) {
				code, _, _ := strings.Cut(g.body, " ")
				all = append(all, strings.TrimSpace(g.verb.String()+" "+code))
			}
			require.Equal(t, want, all)
		}
	})
}

func TestFramesNobodyWaitsForAreDropped(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		r := openRawTo(t, connect, handler)
		for i := range 100 {
			for _, f := range []struct{ verb, body string }{
				{"STOP", ""},
				{"DATA", "raw"},
				{"FILE", "x"},
				{"SUM", "none"},
				{"END", ""},
				{"SIZE", "80"},
				{"TICK", ""},
			} {
				require.NoError(t, r.Write(codec.MakeVerb(f.verb), []byte(f.body)))
			}
			word := fmt.Sprint(i)
			r.say(t, "ECHO", word)
			require.Equal(t, "said="+word+"\n", r.next(t).body)
		}
	})
}

func TestStreamOfACallThatTakesNoneIsDropped(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		r := openRawTo(t, connect, handler)
		r.say(t, "WAIT")
		r.say(t, "DATA", "x")
		r.say(t, "END")
		r.say(t, "STOP")
		require.True(t, strings.HasPrefix(r.next(t).body, "cancelled "))
	})
}

func TestUnknownVerbIsAnsweredAndTheSessionGoesOn(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		r := openRawTo(t, connect, handler)
		r.say(t, "NOVA")
		require.True(t, strings.HasPrefix(r.next(t).body, "unknown-verb "))
		r.say(t, "ECHO", "x")
		require.Equal(t, "said=x\n", r.next(t).body)
	})
}

func TestHalfCloseBetweenCallsLeavesTheRunningOneItsAnswer(t *testing.T) {
	begun, go_on := make(chan struct{}), make(chan struct{})
	client, server := loopback(t)
	done := serve(t, server, func(ctx context.Context, c *link.Call) (codec.Pairs, error) {
		pairs, err := echo(c)
		if pairs[0].Value == "last" {
			close(begun)
			<-go_on
		}
		return pairs, err
	})
	r := openRaw(t, client)
	_, err := r.net.Write([]byte(header("ECHO", 6) + "first\n" + header("ECHO", 5) + "last\n"))
	require.NoError(t, err)
	closed(t, begun)
	require.NoError(t, r.net.(*net.TCPConn).CloseWrite())
	close(go_on)
	require.Equal(t, []string{"said=first\n", "said=last\n"}, bodies(r.rest(t)))
	require.NoError(t, closed(t, done), "that is a peaceful end")
}

func TestEndInsideAFrameOrAStreamIsALostLink(t *testing.T) {
	for name, bytes := range map[string]string{
		"in a header":      "ECHO 00000",
		"in a body":        header("ECHO", 10) + "abc",
		"in a stream":      header("TAKE", 0) + header("DATA", 1) + "x",
		"before a stream":  header("TAKE", 0),
		"in a typed line":  "echo hell",
		"in DATA":          header("TAKE", 0) + header("DATA", 10) + "x",
		"in a waiting one": header("WAIT", 0) + header("ECHO", 10) + "x",
	} {
		t.Run(name, func(t *testing.T) {
			client, server := loopback(t)
			done := serve(t, server, handler)
			r := openRaw(t, client)
			_, err := r.net.Write([]byte(bytes))
			require.NoError(t, err)
			require.NoError(t, r.net.(*net.TCPConn).CloseWrite())
			rest := r.rest(t)
			require.Len(t, rest, 1, "%v", rest)
			require.Equal(t, codec.ERR, rest[0].verb, "nothing of that is a success")
			require.Error(t, closed(t, done))
		})
	}
}

func TestHungUpClientReadsWhyAlthoughItIsStillSending(t *testing.T) {
	for range 20 {
		r := openRawTo(t, loopback, handler)
		r.say(t, "TAKE")
		sent := make(chan error, 1)
		go func() { sent <- pour(t.Context(), dataTo{r.Conn}, 4<<20) }()
		_ = r.WriteWords(codec.MakeVerb("ECHO")) // between two calls
		_ = r.Flush()
		rest := r.rest(t)
		require.Len(t, rest, 1, "%v", rest)
		require.True(t, strings.HasPrefix(rest[0].body, "bad-frame "), rest[0].body)
		r.net.Close()
		<-sent
	}
}

func TestOpenReturnsTheErrorOfTheServer(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		for bytes, want := range map[string]error{
			header("ERR", 13) + "draining bye\n":      &codec.Error{Code: codec.Draining},
			header("HELO", 11) + "techsh/999\n":       &codec.Error{Code: codec.Unsupported},
			header("OK", 0):                           &codec.Error{Code: codec.BadFrame},
			"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n":      &codec.Error{Code: codec.BadFrame},
			header("HELO", 9) + "techsh/1\r":          nil,
			"HELO 0000000009\ntechsh/":                nil, // shortened
			header("HELO", codec.MaxWords+1) + "tech": &codec.Error{Code: codec.BadFrame},
		} {
			client, server := connect(t)
			go func() {
				_, _ = server.Write([]byte(bytes))
				server.Close()
			}()
			_, _, err := link.Open(t.Context(), client, link.Opening{})
			require.Error(t, err, bytes)
			if want != nil {
				require.ErrorIs(t, err, want, bytes)
			}
		}
	})
}

func TestOpenSkipsTheCarriersNoise(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		client, server := connect(t)
		go func() {
			_, _ = server.Write([]byte("Welcome to HELO 2\nlast login: never\n"))
			c := codec.NewConn(server)
			_ = c.WriteWords(codec.HELO, codec.Lits(codec.Version, "host=pc")...)
			_ = c.Flush()
			c.Drop()
			c.Close()
		}()
		l, hello, err := link.Open(t.Context(), client, link.Opening{Noise: true})
		require.NoError(t, err)
		require.Equal(t, "pc", hello.Host)
		l.Close()
	})
}

func TestOpenEndsWithItsContext(t *testing.T) {
	overEach(t, func(t *testing.T, connect ends) {
		client, server := connect(t)
		defer server.Close()
		ctx, cancel := context.WithCancelCause(t.Context())
		go cancel(errOwn)
		_, _, err := link.Open(ctx, client, link.Opening{})
		require.ErrorIs(t, err, errOwn)
		_, err = client.Write([]byte("x"))
		require.Error(t, err, "the connection is closed")
	})
}
