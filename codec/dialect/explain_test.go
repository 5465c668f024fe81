package dialect_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/codec/link"
)

// shownFor makes calls over conn and returns the sent messages that frames WIRE show.
func shownFor(t *testing.T, conn net.Conn, calls []string) (all []dialect.Message) {
	var mu sync.Mutex
	l, _, err := link.Open(t.Context(), conn, link.Opening{Tap: func(_ bool, f codec.Frame) {
		if f.Verb != dialect.WIRE {
			return
		}
		m, err := dialect.ParseMessage(f)
		require.NoError(t, err)
		mu.Lock()
		defer mu.Unlock()
		if m.Sent {
			all = append(all, m)
		}
	}})
	require.NoError(t, err)
	for _, call := range calls {
		_, _ = ask(t, l, call)
	}
	require.NoError(t, l.Close())
	return all
}

// TestExplainShowsTheBytesThatOpenSends compares the bytes that a server receives with
// those that Explain shows, for every verb of each dialect.
func TestExplainShowsTheBytesThatOpenSends(t *testing.T) {
	for name, calls := range map[string][]string{
		"echo": {"ECHO a b"}, "hello": {"ECHO shai"}, "ex26-slide": {"TIME", "NAME", "RAND", "EXIT"}, "ex26": {
			"TIME", "TIME", "NAME", "RAND", "EXIT",
		},
		"ex27": {
			"DIR", "DIR /logs", "DEL x", "COPY a b", "EXEC -- vi x y", "SHOT --format jpeg", "GET " +
				strings.Repeat("long/", 100) + "name",
			`DEL "two words"`, "GET a b", "EXIT",
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &people{ended: make(chan struct{}), answer: func(request string) []string {
				switch {
				case strings.HasSuffix(request, "TIME"):
					return map[string][]string{
						"TIME": {"1512:58:16.397874"}, "04TIME": {"24Sun Nov 22 12:58:17 2026"},
					}[request]
				case strings.HasSuffix(request, "EXIT"):
					return []string{"EOF"}
				case name == "ex27":
					return []string{"0002OK"}
				}
				return []string{"02OK"}
			}}
			ours, theirs := net.Pipe()
			go p.serve(theirs)
			conn, err := dialect.Open(
				t.Context(), name, "there",
				func(context.Context) (net.Conn, error) { return ours, nil },
			)
			require.NoError(t, err)
			shownFor(t, conn, calls)
			<-p.ended
			conn, err = dialect.Explain(name, "there")
			require.NoError(t, err)
			var explained []string
			for _, m := range shownFor(t, conn, calls) {
				require.Equal(t, name, m.Dialect)
				require.Zero(t, m.Missing, "requests are whole")
				text := ""
				for _, f := range m.Fields {
					text += f.Bytes
				}
				explained = append(explained, text)
			}
			require.NotEmpty(t, explained)
			require.Equal(t, p.requests(), explained)
		})
	}
}

func TestMayComeDescribesTheAnswersToEachRequest(t *testing.T) {
	for request, want := range map[string]string{
		"echo x":              "the same bytes, and the server hangs up",
		"hello x":             "Hello and the name, and the server hangs up",
		"ex26-slide TIME":     "2 digits and the clock, or 14wrong protocol",
		"ex26-slide EXIT":     "03bye, and the server hangs up",
		"ex26 04WHORU":        "2 digits and the name of the computer, or 13Wrong command",
		"ex26 04EXIT":         "nothing, and the server hangs up",
		"ex27 0010DIR C:\\x":  "4 digits and the names, a line each, or 0025Bad command or parameters",
		"ex27 0008COPY a b":   "0002OK, or 0025Bad command or parameters",
		"ex27 0010EXECUTE vi": "0002OK when the program has ended, or 0025Bad command or parameters",
		"ex27 0011SEND_FILE x": "4 digits and the size in decimal, then so many bytes without a frame, " +
			"or 0025Bad command or parameters",
		"ex27 0015TAKE_SCREENSHOT": "0002OK, or 0025Bad command or parameters",
		"ex27 0004EXIT":            "0003bye, and the server hangs up",
	} {
		name, text, _ := strings.Cut(request, " ")
		d := named(t, name)
		require.Equal(t, want, d.MayCome(d.RequestMessage(text)), request)
	}
}

// TestParseMessageReadsEveryMessage also uses messages of arbitrary bytes.
func TestParseMessageReadsEveryMessage(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d, err := dialect.Named(rapid.SampledFrom(dialect.Names()).Draw(t, "dialect"))
		require.NoError(t, err)
		b := rapid.SliceOfN(rapid.SampledFrom([]byte("0019 =\"\\\xff\x00\nAb")), 0, 200).Draw(t, "bytes")
		for _, m := range []dialect.Message{
			d.ReplyMessage(b, false), d.ReplyMessage(b, true), d.RequestMessage("0000" + string(b)),
		} {
			got, err := dialect.ParseMessage(codec.Frame{Verb: dialect.WIRE, Body: m.Frame()})
			require.NoError(t, err)
			require.Equal(t, m, got)
			all := 0
			for _, f := range m.Fields {
				all += len(f.Bytes)
			}
			if !m.Sent {
				require.Equal(t, len(b), all+int(m.Missing))
			}
		}
	})
	for _, bad := range []string{
		"", "sent\n", "sent ex27\n", "came ex27 x\n", "came ex27 a=1 a=2\n", "came ex27 of=3\n",
		"came ex28 text=x\n", "no line",
	} {
		_, err := dialect.ParseMessage(codec.Frame{Verb: dialect.WIRE, Body: []byte(bad)})
		require.Error(t, err, bad)
	}
}

func TestAProgramThatFailedIsNoSuccess(t *testing.T) {
	for reply, want := range map[string]string{
		"OK":                     "exit=0",
		"ok ":                    "exit=0",
		"exit status 3":          "exit=3",
		"killed by signal TERM":  "signal=TERM",
		"exit status 3 it said":  "exit=0",
		"exit status x":          "exit=0",
		"exit status ":           "exit=0",
		"the exit status 3":      "exit=0",
		"killed by signal 9 now": "exit=0",
		"1234567 bytes":          "exit=0",
	} {
		with(t, "ex27", always(framed4(reply)), func(t *testing.T, l *link.Link, _ *people) {
			pairs, err := l.Do(
				t.Context(),
				link.Request{Verb: codec.MakeVerb("EXEC"), Words: codec.Lits("vi")},
			)
			require.NoError(t, err)
			require.Equal(t, want, pairs[0].Key+"="+pairs[0].Value, reply)
		})
	}
}
