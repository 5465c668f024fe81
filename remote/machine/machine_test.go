package machine_test

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

func TestSmallVerbsAnswer(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		c := h.Client(t)
		require.Equal(t, "hello  there -x\n", c.OK(`ECHO "hello " there -x`).Data)
		require.Equal(t, "\n", c.OK("ECHO").Data)
		clock := c.OK("TIME")
		const layout = "2006-01-02T15:04:05.000000000Z07:00"
		at, err := time.Parse(layout, strings.TrimSpace(clock.Data))
		require.NoError(t, err)
		require.WithinDuration(t, time.Now(), at, time.Minute)
		text, _ := clock.Pairs.Get("received")
		received, err := time.Parse(layout, text)
		require.NoError(t, err)
		require.WithinDuration(t, at, received, time.Second)
		require.False(t, received.After(at))
		host, err := os.Hostname()
		require.NoError(t, err)
		require.Equal(t, host+"\n", c.OK("NAME").Data)
		require.Equal(t, host, hostInfo(c).Name)
		require.Empty(t, c.OK("PING").Pairs)
	})
}

// hostInfo returns the answer to INFO.
func hostInfo(c *remotetest.Client) codec.Host {
	c.T.Helper()
	h, err := codec.ParseHost(strings.TrimSuffix(c.OK("INFO").Data, "\n"))
	require.NoError(c.T, err)
	return h
}

func TestInfoDescribesTheComputer(t *testing.T) {
	facts := hostInfo(remotetest.New(t, false).Client(t)).More
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
	c := remotetest.New(t, false).Client(t)
	seen := map[int]bool{}
	for range 300 {
		n, err := strconv.Atoi(strings.TrimSpace(c.OK("RAND").Data))
		require.NoError(t, err)
		seen[n] = true
	}
	require.Len(t, seen, 10)
	require.True(t, seen[1] && seen[10])
	require.Equal(t, "1\n", c.OK("RAND 1").Data)
	c.OK("RAND 9223372036854775807")
	for _, bad := range []string{"0", "x", "1.5", "9223372036854775808", `""`} {
		c.Fails("RAND "+bad, codec.BadRequest)
	}
}

func TestHelpListsEveryVerb(t *testing.T) {
	h := remotetest.New(t, false)
	c := h.Client(t)
	all := "\n" + c.OK("HELP").Data
	for _, verb := range remotetest.ListVerbs(h, t) {
		require.Contains(t, all, "\n"+strings.ToLower(verb)+" ", verb)
		one := c.OK("HELP " + verb).Data
		require.True(t, strings.HasPrefix(one, strings.ToLower(verb)+" "), one)
	}
	require.Contains(t, c.OK("HELP mkdir").Data, "-p")
	c.Fails("HELP nova", codec.UnknownVerb)
}

// The answer to a bad call is one final frame, and the session continues.
func TestBadRequestsAreAnsweredForEveryVerb(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		verbs := remotetest.ListVerbs(h, t)
		r := h.Raw(t)
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
					words = " --" // for ECHO --nova is an ordinary word
				}
				line := strings.TrimPrefix(words, " ")
				if line != "" {
					line += "\n"
				}
				require.NoError(t, r.Write(codec.MakeVerb(verb), []byte(line)))
				r.Say(t, "PING")
				first := r.Next(t)
				for first.Verb == codec.DATA {
					first = r.Next(t)
				}
				if verb != "ECHO" || words != " --" {
					require.Equal(t, codec.ERR, first.Verb, "%s%q", verb, words)
					require.True(
						t,
						strings.HasPrefix(first.Body, "bad-request "),
						"%s%q: %s",
						verb,
						words,
						first.Body,
					)
				}
				require.Equal(
					t,
					remotetest.Said{Verb: codec.OK, Body: ""},
					r.Next(t),
					"%s%q was answered twice",
					verb,
					words,
				)
			}
		}
	})
}

func TestUsageErrorsContainTheSynopsis(t *testing.T) {
	c := remotetest.New(t, false).Client(t)
	for line, usage := range map[string]string{
		"DEL --nova x": "DEL [-r]", "COPY a": "COPY [-f] [-r] FROM… TO", "CAT": "CAT PATH…",
		"PING x": "PING", "MKD -x a": "MKD [-p] PATH…",
		"DIR -z": "DIR [-a]", "PUT a b": "PUT [-f]",
	} {
		_, e := c.Fails(line, codec.BadRequest)
		require.Contains(t, e.Error(), usage, line)
	}
}

func TestUnknownVerbsAreNamed(t *testing.T) {
	c := remotetest.New(t, false).Client(t)
	for _, verb := range []string{"NOVA", "X", "AUTH", "PAIR", "LS", "MKDI"} {
		_, e := c.Fails(verb+" a b", codec.UnknownVerb)
		require.Equal(t, verb, e.Name)
		require.NotEmpty(t, e.Hint)
	}
}

func TestLongWordsAreVerbsByHand(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		h.Write(t, "a.txt", "a\n")
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
			r := h.Silent(t)
			if h.Cookie != "" {
				_, err := r.Net.Write([]byte("auth " + h.Cookie + "\n"))
				require.NoError(t, err)
			}
			require.Equal(t, codec.HELO, r.Next(t).Verb)
			_, err := r.Net.Write([]byte(by.line + "\r\n"))
			require.NoError(t, err)
			require.Equal(t, by.want.String(), r.Next(t).Verb.String(), by.line)
			r.Net.Close()
		}
	})
}

func TestPutTypedByHandLands(t *testing.T) {
	h := remotetest.New(t, false)
	r := h.Raw(t)
	_, err := r.Net.Write([]byte("put notes.txt\nfile f 0640 - - notes.txt\ndata hello, world\nsum none\nend\n"))
	require.NoError(t, err)
	require.Equal(t, remotetest.Said{Verb: codec.OK, Body: "files=1 bytes=13\n"}, r.Next(t))
	require.Equal(t, "hello, world\n", h.Read(t, "notes.txt"))
}

func TestExitIsAnsweredAndEndsTheSession(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		c := h.Client(t)
		c.OK("EXIT")
		<-c.Ended()
	})
}
