package remote_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

func TestSmallVerbsAnswer(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		c := h.client(t)
		require.Equal(t, "hello  there -x\n", c.ok(`ECHO "hello " there -x`).data)
		require.Equal(t, "\n", c.ok("ECHO").data)
		clock := c.ok("TIME")
		const layout = "2006-01-02T15:04:05.000000000Z07:00"
		at, err := time.Parse(layout, strings.TrimSpace(clock.data))
		require.NoError(t, err)
		require.WithinDuration(t, time.Now(), at, time.Minute)
		text, _ := clock.pairs.Get("received")
		received, err := time.Parse(layout, text)
		require.NoError(t, err)
		require.WithinDuration(t, at, received, time.Second)
		require.False(t, received.After(at))
		host, err := os.Hostname()
		require.NoError(t, err)
		require.Equal(t, host+"\n", c.ok("NAME").data)
		require.Equal(t, host, c.host().Name)
		require.Empty(t, c.ok("PING").pairs)
	})
}

// host is what INFO answers.
func (c *client) host() codec.Host {
	c.t.Helper()
	h, err := codec.ParseHost(strings.TrimSuffix(c.ok("INFO").data, "\n"))
	require.NoError(c.t, err)
	return h
}

func TestInfoTellsOfTheComputer(t *testing.T) {
	facts := newHelped(t, false).client(t).host().More
	for _, key := range []string{"cores", "memory", "memory-free"} {
		n, ok := facts.Int(key)
		require.True(t, ok, key)
		require.Positive(t, n, key)
	}
	memory, _ := facts.Int("memory")
	free, _ := facts.Int("memory-free")
	require.Less(t, free, memory)
	if load, ok := facts.Get("load"); ok {
		require.Regexp(t, `^\d+\.\d\d,\d+\.\d\d,\d+\.\d\d$`, load)
	}
}

func TestRandIsFrom1ToItsLimit(t *testing.T) {
	c := newHelped(t, false).client(t)
	seen := map[int]bool{}
	for range 300 {
		n, err := strconv.Atoi(strings.TrimSpace(c.ok("RAND").data))
		require.NoError(t, err)
		seen[n] = true
	}
	require.Len(t, seen, 10)
	require.True(t, seen[1] && seen[10])
	require.Equal(t, "1\n", c.ok("RAND 1").data)
	c.ok("RAND 9223372036854775807")
	for _, bad := range []string{"0", "x", "1.5", "9223372036854775808", `""`} {
		c.fails("RAND "+bad, codec.BadRequest)
	}
}

func TestHelpListsEveryVerb(t *testing.T) {
	h := newHelped(t, false)
	c := h.client(t)
	all := "\n" + c.ok("HELP").data
	for _, verb := range h.verbs(t) {
		require.Contains(t, all, "\n"+strings.ToLower(verb)+" ", verb)
		one := c.ok("HELP " + verb).data
		require.True(t, strings.HasPrefix(one, strings.ToLower(verb)+" "), one)
	}
	require.Contains(t, c.ok("HELP mkdir").data, "-p")
	c.fails("HELP nova", codec.UnknownVerb)
}

// verbs returns what HELO says may be called.
func (h *helped) verbs(t testing.TB) []string {
	conn := h.silent(t)
	if h.cookie != "" {
		conn.say(t, "AUTH", h.cookie)
	}
	words, err := codec.Frame{Verb: codec.HELO, Body: []byte(conn.next(t).body)}.Words()
	require.NoError(t, err)
	hello, err := codec.ParseHello(words)
	require.NoError(t, err)
	require.NotEmpty(t, hello.Verbs)
	return hello.Verbs
}

// Whatever is wrong with a call, its answer is one final frame, and the
// session goes on.
func TestBadRequestsAreAnsweredForEveryVerb(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		verbs := h.verbs(t)
		r := h.raw(t)
		needy := strings.Fields("STAT DU CAT MKD DEL COPY MOVE GET EXEC SH RUN KILL")
		sparse := strings.Fields("TIME NAME INFO WHO NET PING PWD DISP SHOT HELP RAND CD PUT EXEC RUN")
		for _, verb := range verbs {
			if verb == "EXIT" {
				continue
			}
			requests := []string{" --nova", ` "not closed`, ` e"\q"`, " \x00", " a\nb"}
			if slices.Contains(needy, verb) {
				requests = append(requests, "", " --")
			}
			if slices.Contains(sparse, verb) {
				requests = append(requests, strings.Repeat(" a", 300))
			}
			for _, words := range requests {
				if verb == "ECHO" && words == " --nova" {
					words = " --" // is none there
				}
				line := strings.TrimPrefix(words, " ")
				if line != "" {
					line += "\n"
				}
				require.NoError(t, r.Write(codec.MakeVerb(verb), []byte(line)))
				r.say(t, "PING")
				first := r.next(t)
				for first.verb == codec.DATA {
					first = r.next(t)
				}
				if verb != "ECHO" || words != " --" {
					require.Equal(t, codec.ERR, first.verb, "%s%q", verb, words)
					require.True(t, strings.HasPrefix(first.body, "bad-request "), "%s%q: %s", verb, words, first.body)
				}
				require.Equal(t, said{codec.OK, ""}, r.next(t), "%s%q was answered twice", verb, words)
			}
		}
	})
}

func TestUsageErrorsSayHowItIsUsed(t *testing.T) {
	c := newHelped(t, false).client(t)
	for line, usage := range map[string]string{
		"DEL --nova x": "DEL [-r]", "COPY a": "COPY [-f] [-r] FROM… TO", "CAT": "CAT PATH…", "PING x": "PING", "MKD -x a": "MKD [-p] PATH…",
		"DIR -z": "DIR [-a]", "PUT a b": "PUT [-f]",
	} {
		_, e := c.fails(line, codec.BadRequest)
		require.Contains(t, e.Error(), usage, line)
	}
}

func TestUnknownVerbsAreNamed(t *testing.T) {
	c := newHelped(t, false).client(t)
	for _, verb := range []string{"NOVA", "X", "AUTH", "PAIR", "LS", "MKDI"} {
		_, e := c.fails(verb+" a b", codec.UnknownVerb)
		require.Equal(t, verb, e.Name)
		require.NotEmpty(t, e.Hint)
	}
}

func TestLongWordsAreVerbsByHand(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		h.write(t, "a.txt", "a\n")
		for _, by := range []struct {
			line string
			want codec.Verb
		}{
			{"ls", codec.FILE},
			{"dir", codec.FILE},
			{"type a.txt", codec.DATA},
			{"cat a.txt", codec.DATA},
			{"mkdir m1", codec.OK},
			{"MD m2", codec.OK},
			{"rm a", codec.ERR},
			{"delete a", codec.ERR},
			{"cp a.txt b.txt", codec.OK},
			{"mv b.txt c.txt", codec.OK},
			{"Ren c.txt d.txt", codec.OK},
			{"rename d.txt e.txt", codec.OK},
			{"shell exit 3", codec.OK},
			{"displays x", codec.ERR},
			{"screenshot x", codec.ERR},
			{"bye", codec.OK},
			{"quit", codec.OK},
			{"listen", codec.ERR},
		} {
			r := h.silent(t)
			if h.cookie != "" {
				_, err := r.net.Write([]byte("auth " + h.cookie + "\n"))
				require.NoError(t, err)
			}
			require.Equal(t, codec.HELO, r.next(t).verb)
			_, err := r.net.Write([]byte(by.line + "\r\n"))
			require.NoError(t, err)
			require.Equal(t, by.want.String(), r.next(t).verb.String(), by.line)
			r.net.Close()
		}
	})
}

func TestPutTypedByHandLands(t *testing.T) {
	h := newHelped(t, false)
	r := h.raw(t)
	_, err := r.net.Write([]byte("put notes.txt\nfile f 0640 - - notes.txt\ndata hello, world\nsum none\nend\n"))
	require.NoError(t, err)
	require.Equal(t, said{codec.OK, "files=1 bytes=13\n"}, r.next(t))
	require.Equal(t, "hello, world\n", h.read(t, "notes.txt"))
}

func TestExitIsAnsweredAndEndsTheSession(t *testing.T) {
	overEach(t, func(t *testing.T, h *helped) {
		c := h.client(t)
		c.ok("EXIT")
		<-c.Ended()
	})
}
