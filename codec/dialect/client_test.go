package dialect_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/codec/link"
)

// A people is a server like those that students write. It passes the result of each read
// to answer, and writes each string of the answer separately, but "" is a pause of 42 ms,
// and "EOF" closes the connection.
type people struct {
	answer func(request string) []string
	mu     sync.Mutex
	heard  []string
	ended  chan struct{}
}

func (p *people) serve(conn net.Conn) {
	defer close(p.ended)
	defer conn.Close()
	buf := make([]byte, 10_000)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return
		}
		p.mu.Lock()
		p.heard = append(p.heard, string(buf[:n]))
		p.mu.Unlock()
		for _, part := range p.answer(string(buf[:n])) {
			switch part {
			case "":
				time.Sleep(42 * time.Millisecond)
			case "EOF":
				return
			default:
				if _, err := conn.Write([]byte(part)); err != nil {
					return
				}
			}
		}
	}
}

func (p *people) requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.heard
}

// with runs a test with a link to a people server over a net.Pipe, so that the test
// controls the clock.
func with(
	t *testing.T, name string, answer func(request string) []string,
	test func(t *testing.T, l *link.Link, p *people),
) {
	synctest.Test(t, func(t *testing.T) {
		p := &people{answer: answer, ended: make(chan struct{})}
		ours, theirs := net.Pipe()
		go p.serve(theirs)
		l := open(t, name, func(context.Context) (net.Conn, error) { return ours, nil })
		test(t, l, p)
		require.NoError(t, l.Close())
		<-p.ended
	})
}

// always returns an answer function that gives the same answer to everything except EXIT.
func always(parts ...string) func(string) []string {
	return func(request string) []string {
		if strings.HasSuffix(request, "EXIT") {
			return []string{"EOF"}
		}
		return parts
	}
}

func TestFormsOfReplies(t *testing.T) {
	big := strings.Repeat("name\n", 2469) // 12345 bytes
	hebrew := "שלום.txt\nabc"
	for what, row := range map[string]struct {
		parts []string
		call  string
		want  string // the DATA, or the error
	}{
		"header and body apart": {[]string{"0005", "", "a.txt"}, "DIR x", "f - - - a.txt\n"},
		"byte by byte": {
			[]string{"0", "", "0", "", "0", "", "5", "", "a", "", ".txt"}, "DIR x", "f - - - a.txt\n",
		},
		"nothing is a reply": {[]string{"0000"}, "DIR x", ""},
		"twice": {
			[]string{"0025Bad command or parameters", "", "0025Bad command or parameters"},
			"COPY a b",
			"Bad command or parameters",
		},
		"two that differ": {
			[]string{"0005a.txt", "", "0005b.txt"}, "DIR x", "f - - - a.txt\nf - - - b.txt\n",
		},
		"a length of five digits": {
			[]string{"12345" + big}, "DIR x", strings.Repeat("f - - - name\n", 2469),
		},
		"five digits, in parts": {
			[]string{"12345" + big[:5000], "", big[5000:]},
			"DIR x",
			strings.Repeat("f - - - name\n", 2469),
		},
		"characters counted": {
			[]string{"0012" + hebrew}, "DIR x", "f - - - שלום.txt\nf - - - abc\n",
		},
		"five digits count characters": {
			[]string{"12345" + strings.Repeat("שםאב\n", 2469)},
			"DIR x",
			strings.Repeat("f - - - שםאב\n", 2469),
		},
		"a list that was cut": {
			[]string{"0018a.txt\n... and more"},
			"DIR x",
			"x: the rest of the names did not fit into the reply",
		},
		"an error without a frame": {
			[]string{"Error: no such folder"}, "DIR x", "Error: no such folder",
		},
		"a short one":                 {[]string{"no"}, "DIR x", "no"},
		"one that begins with digits": {[]string{"404", "", " not found"}, "DIR x", "404 not found"},
		"an error behind a frame":     {[]string{"0002OK", "", "Traceback"}, "COPY a b", "NOTE"},
		"carriage returns": {
			[]string{"0012a.txt\r\nb.txt"}, "DIR x", "f - - - a.txt\nf - - - b.txt\n",
		},
		"other words for well":       {[]string{"0007deleted"}, "DEL x", "the server says: deleted"},
		"other words for a failure":  {[]string{"0014File not found"}, "DEL x", "File not found"},
		"a full-width digit is none": {[]string{"０００２OK"}, "DEL x", "０００２OK"},
		"the dialect's own error": {
			[]string{"0025bad command or PARAMETERS"}, "DIR x", "bad command or PARAMETERS",
		},
		"a protocol error without a frame": {
			[]string{"Packet not according to protocol"}, "DIR x", "Packet not according to protocol",
		},
	} {
		t.Run(what, func(t *testing.T) {
			with(t, "ex27", always(row.parts...), func(t *testing.T, l *link.Link, _ *people) {
				for range 3 { // three times on one connection
					got, err := ask(t, l, row.call)
					if err != nil {
						require.NotErrorIs(t, err, link.ErrLost)
						got = err.Error()
					}
					require.Contains(t, got, row.want)
					if row.want == "" || strings.HasPrefix(row.want, "f ") {
						require.Equal(t, row.want, got)
					}
				}
			})
		})
	}
}

// shots returns an answer function that answers SEND_PHOTO with these parts.
func shots(parts ...string) func(string) []string {
	return func(request string) []string {
		switch request {
		case "0015TAKE_SCREENSHOT":
			return []string{"0002OK"}
		case "0010SEND_PHOTO":
			return parts
		}
		return []string{"0002OK", "EOF"}
	}
}

// Short messages without end are parsed quickly, which matters because parsing cannot be
// interrupted.
func TestReplyOfVeryManyMessagesIsParsedQuickly(t *testing.T) {
	d := named(t, "ex27")
	began := time.Now()
	text, framed := d.ParseReply(bytes.Repeat([]byte("0000"), 1<<18))
	require.True(t, framed)
	require.Empty(t, text)
	text, framed = d.ParseReply(bytes.Repeat([]byte("0001a0001b"), 1<<17))
	require.True(t, framed)
	require.Len(t, text, 1<<19-1)
	require.Less(t, time.Since(began), testTimeout, "a second at most")
}

func TestFormsOfPhotos(t *testing.T) {
	photo := string(photoOf(20000))
	for what, row := range map[string]struct {
		parts []string
		err   string // "" if the photo arrives
	}{
		"a size, and the bytes":         {[]string{"000520000", photo}, ""},
		"in one":                        {[]string{"000520000" + photo}, ""},
		"after a pause":                 {[]string{"0005", "", "20000", "", photo[:7], "", photo[7:]}, ""},
		"behind a text":                 {[]string{"0010Sending...", "", "000520000", photo}, ""},
		"behind a text, in one":         {[]string{"0010Sending...000520000", photo}, ""},
		"behind an empty text":          {[]string{"0000", "", "000520000", photo}, ""},
		"four bytes, big-endian":        {[]string{"\x00\x00\x4e\x20", photo}, ""},
		"four bytes, in one":            {[]string{"\x00\x00\x4e\x20" + photo}, ""},
		"zeros in front":                {[]string{"001000000" + "20000", photo}, ""},
		"a text is an error":            {[]string{"0008No photo"}, "No photo"},
		"an error without a frame":      {[]string{"No photo at all"}, "No photo at all"},
		"nothing at all":                {nil, "the server does not answer"},
		"too few bytes":                 {[]string{"000520000", photo[:100]}, "100 of 20000 bytes arrived"},
		"hung up":                       {[]string{"000520000", photo[:100], "EOF"}, "100 of 20000 bytes arrived"},
		"no picture":                    {[]string{"0001" + "5", "hello"}, "no picture"},
		"too large":                     {[]string{framed4("99999999999")}, "a picture of 99999999999 bytes"},
		"a size that is no number here": {[]string{framed4("99999999999999999999")}, "99999999999999999999"},
		"an empty one":                  {[]string{"00010"}, "no picture"},
	} {
		t.Run(what, func(t *testing.T) {
			with(t, "ex27", shots(row.parts...), func(t *testing.T, l *link.Link, p *people) {
				got, err := ask(t, l, "SHOT --format jpeg")
				if row.err == "" {
					require.NoError(t, err)
					require.True(t, got == photo, "%d bytes", len(got))
				} else {
					require.ErrorContains(t, err, row.err)
					require.NotErrorIs(t, err, link.ErrLost)
				}
				require.Equal(t, []string{"0015TAKE_SCREENSHOT", "0010SEND_PHOTO"}, p.requests())
			})
		})
	}
}

func TestPhotoIsNotRequestedUnlessItWasTaken(t *testing.T) {
	with(t, "ex27", always("0025Bad command or parameters"), func(t *testing.T, l *link.Link, p *people) {
		_, err := ask(t, l, "SHOT")
		require.ErrorContains(t, err, "Bad command or parameters")
		require.Equal(t, []string{"0015TAKE_SCREENSHOT"}, p.requests())
	})
}

func TestAFileIsFetchedWhole(t *testing.T) {
	content := strings.Repeat("0123456789", 30_000)
	with(t, "ex27", always("0006300000", content), func(t *testing.T, l *link.Link, p *people) {
		var file, sum string
		_, err := l.Do(t.Context(), link.Request{
			Verb: codec.MakeVerb("GET"), Words: codec.Lits("/tmp/a.txt"),
			Recv: func(f codec.Frame) error {
				switch f.Verb {
				case codec.FILE:
					file = string(f.Body)
				case codec.SUM:
					sum = string(f.Body)
				}
				return nil
			},
		})
		require.NoError(t, err)
		require.Equal(t, "f - 300000 - a.txt\n", file)
		require.Equal(
			t,
			fmt.Sprintf(
				"crc32c=%08x\n",
				crc32.Checksum([]byte(content), crc32.MakeTable(crc32.Castagnoli)),
			),
			sum,
		)
		got, err := ask(t, l, "GET --have 3,aa /tmp/a.txt")
		require.NoError(t, err)
		require.True(t, got == content)
		require.Equal(
			t, []string{framed4("SEND_FILE /tmp/a.txt"), framed4("SEND_FILE /tmp/a.txt")}, p.requests(),
		)
		file = ""
		_, err = l.Do(t.Context(), link.Request{
			Verb: codec.MakeVerb("GET"), Words: codec.Lits(`C:\tmp\a.txt`),
			Recv: func(f codec.Frame) error {
				if f.Verb == codec.FILE {
					file = string(f.Body)
				}
				return nil
			},
		})
		require.NoError(t, err)
		require.Equal(t, "f - 300000 - a.txt\n", file, "the server may be on Windows")
	})
	with(t, "ex27", always("0025Bad command or parameters"), func(t *testing.T, l *link.Link, _ *people) {
		_, err := ask(t, l, "GET a.txt")
		require.ErrorContains(t, err, "a.txt: Bad command or parameters")
	})
}

func TestEachRequestIsOneWriteAndOneAtATime(t *testing.T) {
	with(t, "ex27", always("0002OK"), func(t *testing.T, l *link.Link, p *people) {
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() { _, _ = ask(t, l, "COPY a b") })
		}
		wg.Wait()
		require.Equal(
			t, []string{"0008COPY a b", "0008COPY a b", "0008COPY a b", "0008COPY a b", "0008COPY a b"},
			p.requests(),
		)
	})
}

func TestTheNextRequestWaitsUntilNothingMoreComes(t *testing.T) {
	with(t, "ex27", always("0002OK"), func(t *testing.T, l *link.Link, p *people) {
		began := time.Now()
		for range 2 {
			_, err := ask(t, l, "COPY a b")
			require.NoError(t, err)
		}
		require.Equal(t, 2*dialect.QuietDelay+2*time.Millisecond, time.Since(began))
	})
}

func TestAServerThatNeverAnswersCostsOnlyTime(t *testing.T) {
	with(t, "ex27", always(), func(t *testing.T, l *link.Link, p *people) {
		for range 2 {
			began := time.Now()
			_, err := ask(t, l, "DIR x")
			require.ErrorIs(t, err, &codec.Error{Code: codec.Timeout})
			require.InDelta(t, dialect.ReplyTimeout.Seconds(), time.Since(began).Seconds(), 0.1)
		}
	})
}

func TestAProgramMayRunForEver(t *testing.T) {
	with(t, "ex27", func(request string) []string {
		if strings.HasSuffix(request, "EXIT") {
			return []string{"EOF"}
		}
		time.Sleep(24 * time.Hour)
		return []string{"0008finished"}
	}, func(t *testing.T, l *link.Link, p *people) {
		got, err := ask(t, l, "EXEC -- backup all")
		require.NoError(t, err)
		require.Equal(t, "finished\n", got)
		require.Equal(t, []string{"0018EXECUTE backup all"}, p.requests())
	})
}

// TestNextRequestWaitsForTheAnswerToACancelledOne uses a server that answers requests in
// order, some of them late.
func TestNextRequestWaitsForTheAnswerToACancelledOne(t *testing.T) {
	with(t, "ex27", func(request string) []string {
		switch {
		case strings.Contains(request, "EXECUTE"):
			time.Sleep(time.Hour)
			return []string{"0004done"}
		case strings.Contains(request, "EXIT"):
			return []string{"EOF"}
		}
		return []string{"0005a.txt"}
	}, func(t *testing.T, l *link.Link, p *people) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := askIn(ctx, t, l, "EXEC -- long")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NotErrorIs(t, err, link.ErrLost, "it is answered at once")
		began := time.Now()
		got, err := ask(t, l, "DIR x")
		require.NoError(t, err)
		require.Equal(t, "f - - - a.txt\n", got)
		require.InDelta(t, 3599, time.Since(began).Seconds(), 1)
	})
}

func TestCloseAlwaysSendsExit(t *testing.T) {
	for what, answer := range map[string][]string{
		"a frame": {"0003bye", "EOF"}, "a text": {"Goodbye!", "EOF"}, "nothing but the end": {"EOF"},
		"nothing": nil, "a frame, and it stays": {"0003bye"},
	} {
		t.Run(what, func(t *testing.T) {
			for _, blocked := range []bool{false, true} {
				with(t, "ex27", func(request string) []string {
					switch {
					case strings.HasSuffix(request, "EXIT"):
						return answer
					case blocked:
						return nil
					}
					return []string{"0002OK"}
				}, func(t *testing.T, l *link.Link, p *people) {
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					_, _ = askIn(ctx, t, l, "EXEC -- x")
					began := time.Now()
					require.NoError(t, l.Close())
					require.LessOrEqual(t, time.Since(began), dialect.ExitTimeout)
					<-p.ended
					require.Equal(t, []string{"0009EXECUTE x", "0004EXIT"}, p.requests())
				})
			}
		})
	}
}

func TestServerThatHangsUpIsReported(t *testing.T) {
	with(t, "ex27", always("0009short", "EOF"), func(t *testing.T, l *link.Link, _ *people) {
		for range 2 {
			_, err := ask(t, l, "DIR x")
			require.ErrorContains(t, err, "the server hung up")
		}
	})
}

func TestUnsupportedCallsAreReported(t *testing.T) {
	for _, row := range []struct{ dialect, call, want string }{
		{"ex27", "MKD x", "ex27 has no such command"},
		{"ex27", "DIR -a", "in ex27, there is no option -a"},
		{"ex27", `DIR "My Files"`, "there can be none in a word"},
		{"ex27", `DEL ""`, "there can be none in a word"},
		{"ex27", "EXEC -i -- sort", "in ex27, there is no option -i"},
		{"ex27", "SHOT -d 2", "in ex27, there is no option -d"},
		{"ex27", "GET -r x", "in ex27, there is no option -r"},
		{"ex27", "COPY a", "too few words"},
		{"ex27", "DEL a b", "that many words are not possible"},
		{"ex27", "DEL " + strings.Repeat("x", 10_000), "at most 9999 bytes"},
		{"ex26", "DIR", "ex26 has no such command"},
		{"ex26", "RAND 6", "that many words are not possible"},
		{"ex26-slide", "ECHO x", "ex26-slide has no such command"},
		{"echo", "TIME", "echo has no such command"},
		{"echo", "ECHO", "echo needs at least a byte"},
		{"hello", "ECHO " + strings.Repeat("x", 1025), "at most 1024 bytes"},
	} {
		with(t, row.dialect, always("02no"), func(t *testing.T, l *link.Link, p *people) {
			_, err := ask(t, l, row.call)
			require.ErrorContains(t, err, row.want, row.call)
			require.Empty(t, p.requests(), "nothing was sent")
		})
	}
}

func TestHelloListsTheVerbsOfADialect(t *testing.T) {
	for name, verbs := range map[string]string{
		"echo": "ECHO EXIT", "hello": "ECHO EXIT", "ex26-slide": "TIME NAME RAND EXIT",
		"ex26": "TIME NAME RAND EXIT", "ex27": "DIR DEL COPY EXEC SHOT GET EXIT",
	} {
		synctest.Test(t, func(t *testing.T) {
			ours, theirs := net.Pipe()
			go func() { _, _ = io.Copy(io.Discard, theirs) }()
			conn, err := dialect.Open(
				t.Context(), name, "there:8820",
				func(context.Context) (net.Conn, error) { return ours, nil },
			)
			require.NoError(t, err)
			l, hello, err := link.Open(t.Context(), conn, link.Opening{})
			require.NoError(t, err)
			require.Equal(t, verbs, strings.Join(hello.Verbs, " "))
			require.Equal(t, "there:8820 "+name, hello.Host+" "+hello.System)
			require.NoError(t, l.Close())
			require.NoError(t, theirs.Close())
		})
	}
}

func TestEchoAndHelloConnectForEachExchange(t *testing.T) {
	for name, want := range map[string]string{"echo": "x\n", "hello": "Hello x\n"} {
		addr := overTCP(t, name, newComputer())
		l := open(
			t, name,
			func(ctx context.Context) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
			},
		)
		for range 3 {
			got, err := ask(t, l, "ECHO x")
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
	}
}

// TestTraceShowsTheDialect checks the frames WIRE, which the shell skips but a trace
// shows.
func TestTraceShowsTheDialect(t *testing.T) {
	photo := string(photoOf(20000))
	for _, row := range []struct {
		dialect, call string
		answer        func(string) []string
		want          []string
	}{
		{
			"ex27", "DIR /tmp", always("0005a.txt"),
			[]string{
				`sent ex27 length=0008 "command=DIR " parameter-1=/tmp`,
				"came ex27 length=0005 text=a.txt",
			},
		},
		{
			"ex27", "COPY a b", always("0002OK"),
			[]string{
				`sent ex27 length=0008 "command=COPY " "parameter-1=a " parameter-2=b`,
				"came ex27 length=0002 text=OK",
			},
		},
		{
			"ex27", "DEL x", always("Error: x\x1b"),
			[]string{
				`sent ex27 length=0008 "command=DELETE " parameter-1=x`,
				`came ex27 e"text=Error: x\x1b"`,
			},
		},
		{"ex27", "DEL x", always("99"), []string{`sent ex27 length=0008 "command=DELETE " parameter-1=x`}},
		{
			"ex27", "EXIT", func(string) []string { return []string{"0003bye", "EOF"} },
			[]string{"sent ex27 length=0004 command=EXIT", "came ex27 length=0003 text=bye"},
		},
		{"ex27", "SHOT --format jpeg", shots("000520000", photo), []string{
			"sent ex27 length=0015 command=TAKE_SCREENSHOT", "came ex27 length=0002 text=OK",
			"sent ex27 length=0010 command=SEND_PHOTO", "came ex27 length=0005 size=20000",
			`came ex27 e"bytes=\xff\xd8\xff` + strings.Repeat(`\x00`, 61) + `" of=20000`,
		}},
		{"ex27", "SHOT --format jpeg", shots("\x00\x00\x4e\x20", photo), []string{
			"sent ex27 length=0015 command=TAKE_SCREENSHOT", "came ex27 length=0002 text=OK",
			"sent ex27 length=0010 command=SEND_PHOTO", `came ex27 e"size=\x00\x00N "`,
			`came ex27 e"bytes=\xff\xd8\xff` + strings.Repeat(`\x00`, 61) + `" of=20000`,
		}},
		{
			"ex26-slide", "NAME", always("04here"),
			[]string{"sent ex26-slide command=NAME", "came ex26-slide length=04 text=here"},
		},
		{"echo", "ECHO x", always("x", "EOF"), []string{"sent echo text=x", "came echo text=x"}},
	} {
		synctest.Test(t, func(t *testing.T) {
			p := &people{answer: row.answer, ended: make(chan struct{})}
			ours, theirs := net.Pipe()
			go p.serve(theirs)
			conn, err := dialect.Open(
				t.Context(), row.dialect, "there",
				func(context.Context) (net.Conn, error) { return ours, nil },
			)
			require.NoError(t, err)
			var seen []string
			l, _, err := link.Open(t.Context(), conn, link.Opening{Tap: func(sent bool, f codec.Frame) {
				if f.Verb == dialect.WIRE {
					seen = append(seen, strings.TrimSpace(string(f.Body)))
				}
			}})
			require.NoError(t, err)
			_, _ = ask(t, l, row.call)
			require.NoError(t, l.Close())
			<-p.ended
			require.Equal(t, row.want, seen)
		})
	}
}

func TestNameMayBeSpeltOtherwise(t *testing.T) {
	with(t, "ex26", func(request string) []string {
		return map[string][]string{
			"05WHORU": {"09people-pc"}, "04NAME": {"13Wrong command"}, "04EXIT": {"EOF"},
		}[request]
	}, func(t *testing.T, l *link.Link, p *people) {
		got, err := ask(t, l, "NAME")
		require.NoError(t, err)
		require.Equal(t, "people-pc\n", got)
		require.Equal(t, []string{"04NAME", "05WHORU"}, p.requests())
	})
}

func TestClocks(t *testing.T) {
	now := time.Date(2026, 11, 22, 13, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{
		"Sun Nov 22 12:58:17 2026":   "2026-11-22T12:58:17Z 1s",
		"12:58:16.397874":            "2026-11-22T12:58:16.397874Z 1µs",
		"12:58:16":                   "2026-11-22T12:58:16Z 1s",
		"12:58":                      "2026-11-22T12:58:00Z 1m0s",
		"2026-11-22 12:58:16.397874": "2026-11-22T12:58:16.397874Z 1µs",
		"2026-11-22T12:58:16+02:00":  "2026-11-22T12:58:16+02:00 1s",
	} {
		got, precision, ok := dialect.ParseClock(text, now)
		require.True(t, ok, text)
		require.Equal(t, want, got.Format(time.RFC3339Nano)+" "+precision.String())
	}
	_, _, ok := dialect.ParseClock("half past one", now)
	require.False(t, ok)
	with(t, "ex26", always("13half past one"), func(t *testing.T, l *link.Link, _ *people) {
		_, err := ask(t, l, "TIME")
		require.ErrorContains(t, err, "half past one")
	})
}

// TestTheClockIsThatOfTheReply checks that the wait for more data does not count as
// travel time.
func TestTheClockIsThatOfTheReply(t *testing.T) {
	with(t, "ex26-slide", func(string) []string {
		return []string{"15" + time.Now().Format("15:04:05.000000")}
	}, func(t *testing.T, l *link.Link, _ *people) {
		var text string
		pairs, err := l.Do(t.Context(), link.Request{Verb: codec.MakeVerb("TIME"), Recv: func(f codec.Frame) error {
			text = strings.TrimSpace(string(f.Body))
			return nil
		}})
		require.NoError(t, err)
		answered, err := time.Parse(time.RFC3339Nano, text)
		require.NoError(t, err)
		received, _ := pairs.Get("received")
		at, err := time.Parse(time.RFC3339Nano, received)
		require.NoError(t, err)
		require.InDelta(t, 0, time.Since(answered).Microseconds(), 10)
		require.Equal(t, dialect.QuietDelay, answered.Sub(at))
		precision, _ := pairs.Get("precision")
		require.Equal(t, "0.000001", precision)
	})
}

func TestAutoRecognisesEachDialect(t *testing.T) {
	for _, name := range dialect.Names() {
		c := newComputer()
		addr := overTCP(t, name, c)
		dials := 0
		l := open(t, dialect.Auto, func(ctx context.Context) (net.Conn, error) {
			dials++
			return (&net.Dialer{}).DialContext(ctx, "tcp", addr)
		})
		_, want := served(name)
		call := map[string]string{"echo": "ECHO Barak", "hello": "ECHO shai", "ex27": "COPY a b"}[name]
		if call == "" {
			call, want = "NAME", "office-pc"
		}
		got, err := ask(t, l, call)
		require.NoError(t, err, name)
		require.Contains(t, want, strings.TrimSpace(got))
		if name != "echo" && name != "hello" {
			require.Equal(
				t, 1, dials,
				"%s goes on with the connection that was looked at: some servers end with it", name,
			)
			require.Equal(
				t, map[string]string{"ex26": "TIME", "ex26-slide": "TIME"}[name],
				strings.Join(c.heard()[:len(c.heard())-1], " "), "the probe does nothing else",
			)
		}
	}
}

func TestAutoReportsAnUnknownDialect(t *testing.T) {
	for what, row := range map[string]struct {
		banner string
		answer []string
		want   string
	}{
		"another protocol": {
			"SSH-2.0-OpenSSH\r\n", nil, `it said "SSH-2.0-OpenSSH\r\n" before it was asked anything`,
		},
		"no answer":          {"", nil, "it does not answer"},
		"errors without one": {"", []string{"Error"}, `it said "Error"`},
		"it hangs up":        {"", []string{"EOF"}, "it hung up"},
		"it hangs up before": {"EOF", nil, "the server hung up"},
	} {
		t.Run(what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &people{answer: always(row.answer...), ended: make(chan struct{})}
				ours, theirs := net.Pipe()
				go func() {
					if row.banner == "EOF" {
						theirs.Close()
					} else if row.banner != "" {
						_, _ = theirs.Write([]byte(row.banner))
					}
					p.serve(theirs)
				}()
				_, err := dialect.Open(
					t.Context(), dialect.Auto, "there",
					func(context.Context) (net.Conn, error) { return ours, nil },
				)
				require.ErrorContains(t, err, "the dialect cannot be recognised: "+row.want)
				var e *codec.Error
				require.True(t, errors.As(err, &e))
				require.Contains(t, e.Hint, "ex26-slide")
				require.Contains(t, e.Hint, "techsh/1")
				<-p.ended
			})
		})
	}
	require.Equal(
		t, "ex27", dialect.DialectOfAnswer(framed4("Bad command or parameters")),
		"which could be two of ex26: 00, and 25 bytes",
	)
	require.Equal(t, "ex26", dialect.DialectOfAnswer("13Wrong command"), "who takes one read for a message")
}

func TestOpenFailsAsDialDoes(t *testing.T) {
	refused := errors.New("refused")
	_, err := dialect.Open(
		t.Context(), "ex27", "there", func(context.Context) (net.Conn, error) { return nil, refused },
	)
	require.ErrorIs(t, err, refused)
	_, err = dialect.Named("ex28")
	require.ErrorContains(t, err, `there is no dialect "ex28": echo, hello, ex26-slide, ex26, ex27`)
}

func TestPicturesAreConvertedToTheRequestedFormat(t *testing.T) {
	m := stripes(40, 30)
	for _, from := range []string{"png", "jpeg", "bmp", "bmp of 32 bits", "bmp from the top"} {
		for _, want := range []string{"png", "jpeg"} {
			file := encode(t, m, from)
			out, err := dialect.ConvertImage(file, want)
			require.NoError(t, err, from)
			requireAlike(t, m, out, want)
			if from == want {
				require.True(t, bytes.Equal(file, out), "it stays as it came")
			}
			for n := range len(file) {
				// it does not panic
				_, _ = dialect.ConvertImage(
					file[:n], map[string]string{"png": "jpeg", "jpeg": "png"}[want],
				)
			}
		}
	}
	huge := encode(t, m, "bmp")
	copy(huge[18:], "\xff\xff\xff\x7f\xff\xff\xff\x7f")
	_, err := dialect.ConvertImage(huge, "png")
	require.ErrorContains(t, err, "a picture of 2147483647x2147483647")
}
