package protocol_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/shell"
	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/protocol"
	"techsh/shell/shelltest"
)

// A lockedBuffer is a buffer that can be read while frames are written to it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A recordingTest is a recording without a session, and the Tap of a connection.
type recordingTest struct {
	*protocol.Recording
	tap *protocol.Tap
	env *command.Env
	out *os.File
}

// newRecordingTest returns a recording of a session with the given dialect, "" for
// techsh/1. record may be nil.
func newRecordingTest(t testing.TB, dialectName string, record io.Writer) *recordingTest {
	t.Helper()
	dir := t.TempDir()
	out, err := os.Create(filepath.Join(dir, "output"))
	require.NoError(t, err)
	t.Cleanup(func() { out.Close() })
	c := console.New(console.Stream{}, console.Stream{File: out}, console.Stream{File: out}, nil)
	r := &recordingTest{
		Recording: protocol.New(protocol.Config{Console: c, Dialect: dialectName, Record: record}),
		env:       &command.Env{Console: c, Local: &command.Local{Dir: dir}},
		out:       out,
	}
	r.tap = r.NewTap()
	return r
}

// says runs a line and returns its output, or its error.
func (r *recordingTest) says(t require.TestingT, line string) string {
	require.NoError(t, r.out.Truncate(0))
	_, err := r.out.Seek(0, io.SeekStart)
	require.NoError(t, err)
	commands, err := command.Table{Rows: r.Rows()}.Parse(line, command.Grammar{})
	require.NoError(t, err, line)
	for _, c := range commands {
		if err := c.Row.Run(context.Background(), r.env, c.Invocation); err != nil {
			return err.Error()
		}
	}
	require.NoError(t, r.env.Console.Flush())
	b, err := os.ReadFile(r.out.Name())
	require.NoError(t, err)
	return string(b)
}

// writeFile writes a file into the local folder.
func (r *recordingTest) writeFile(t require.TestingT, name, text string) {
	require.NoError(t, os.WriteFile(filepath.Join(r.env.Local.Dir, name), []byte(text), 0o644))
}

func frame(verb, body string) codec.Frame {
	return codec.Frame{Verb: codec.MakeVerb(verb), Body: []byte(body)}
}

func TestTheLastFramesAreKeptAndOnlyTheBeginningOfContents(t *testing.T) {
	r := newRecordingTest(t, "", nil)
	for i := range 300 {
		r.tap.Observe(true, frame("OK", fmt.Sprintf("exit=%d\n", i)))
	}
	r.tap.Observe(true, frame("DATA", strings.Repeat("x", 5000)))
	r.tap.Observe(true, frame("DIR", strings.Repeat("y", 5000)+"\n"))
	lines := strings.SplitAfter(strings.TrimSuffix(r.says(t, "wire show"), "\n"), "\n")
	require.Len(t, lines, 256)
	require.Contains(t, lines[0], " > OK         8  exit=46\n")
	require.Contains(t, lines[254], " 5000  "+strings.Repeat("x", 64)+"… and 4936 bytes more\n")
	require.True(t, strings.HasSuffix(lines[255], "  "+strings.Repeat("y", 5000)), "words are whole")
}

// A remote can send many long frames of words, for example NEWS.
func TestLongFramesTakeLittleMemory(t *testing.T) {
	r := newRecordingTest(t, "", nil)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	for range 300 {
		r.tap.Observe(false, frame("NEWS", strings.Repeat("x", codec.MaxWords-1)+"\n"))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(6<<20))
	lines := strings.SplitAfter(strings.TrimSuffix(r.says(t, "wire show"), "\n"), "\n")
	require.Len(t, lines, 256)
	require.Contains(t, lines[0], "… and 65536 bytes more\n")
	require.True(t, strings.HasSuffix(lines[255], strings.Repeat("x", 5000)))
}

func TestAFrameOfATransferCostsTheRecordingNoMemory(t *testing.T) {
	r := newRecordingTest(t, "", nil)
	f := frame("DATA", strings.Repeat("x", 256<<10))
	for range 256 {
		r.tap.Observe(true, f)
	}
	require.Zero(t, testing.AllocsPerRun(1000, func() { r.tap.Observe(true, f) }))
}

func BenchmarkRecordingATransfer(b *testing.B) {
	r := newRecordingTest(b, "", nil)
	f := frame("DATA", strings.Repeat("x", 256<<10))
	for b.Loop() {
		r.tap.Observe(true, f)
	}
}

func TestRedactionLeavesTheLengthAndNothingElse(t *testing.T) {
	const cookie = shelltest.Cookie
	for _, row := range []struct{ verb, body, want string }{
		{"AUTH", cookie + "\n", strings.Repeat("*", len(cookie))},
		{"AUTH", cookie, strings.Repeat("*", len(cookie))},
		{"AUTH", "a\nb\n", "***"},
		{"EXEC", "-e TOKEN=00ff -- env -e A=b\n", "-e TOKEN=**** -- env -e A=b"},
		{"PAIR", "line 00ff ann\n", "*************"},
		{"OK", "proof=00ff name=ann\n", "proof=**** name=ann"},
		{"OK", "name=ann proof=00ff\n", "name=ann proof=****"},
		{"OK", "name=ann\n", "name=ann"},
		{"ERR", `bad-frame "AUTH  sec" is`, `bad-frame "AUTH ********`},
		{"ERR", "not-found auth", "not-found auth"},
		{"DATA", "auth me proof=1\n", `auth me proof=1\x0a`},
		{"", "auth " + cookie + "\n", "auth " + strings.Repeat("*", len(cookie)+1)},
		{"", "x AUTH 0000000004\nsec", "x AUTH " + strings.Repeat("*", 14)},
		{"", "GET / HTTP/1.1\r\n", `GET / HTTP/1.1\x0d\x0a`},
	} {
		var record bytes.Buffer
		r := newRecordingTest(t, "", &record)
		f := frame(row.verb, row.body)
		r.tap.Observe(true, f)
		line := fmt.Sprintf(" %7d  %s\n", len(row.body), row.want)
		require.True(t, strings.HasSuffix(r.says(t, "wire show"), line), "%s: %s", line, r.says(t, "wire show"))
		require.Equal(t, row.body, string(f.Body), "the frame itself stays")
		require.Equal(t, strings.Contains(row.want, "*"), strings.Contains(record.String(), "2a"))
		r.says(t, "wire save saved.txt")
		require.True(t, strings.HasSuffix(r.says(t, "wire show saved.txt"), line), row.body)
	}
}

// TestSecretsAppearOnlyWhereTheyAreAskedFor searches everything that is printed or
// recorded for the cookie, as text and as a hexdump.
func TestSecretsAppearOnlyWhereTheyAreAskedFor(t *testing.T) {
	const cookie = shelltest.Cookie
	inHex := fmt.Sprintf("% x", cookie[:5])
	for _, asked := range []bool{false, true} {
		option := map[bool]string{true: "--secrets "}[asked]
		s := shelltest.NewPlain(t)
		var record lockedBuffer
		s.Configure = func(sh *shell.Shell) { sh.Wire, sh.WireFull, sh.WireSecrets = &record, true, asked }
		for _, line := range []string{
			"trace " + option + "on; open",
			"trace " + option + "hex; open",
			"raw PING",
			"trace " + option + "on",
			"close; raw PING",
			"raw auth " + cookie,
			"raw -x " + fmt.Sprintf("%x", "AUTH  "+cookie),
			"open; wire " + option + "show",
			"wire -x " + option + "show",
			"wire " + option + "save saved.txt",
			"wire " + option + "show saved.txt",
			"wire -x " + option + "show saved.txt",
		} {
			got := s.Says(line)
			if !asked {
				require.NotContains(t, got, cookie, line)
				require.NotContains(t, got, inHex, line)
			} else if strings.HasPrefix(line, "wire") && !strings.Contains(line, "save ") {
				require.True(t, strings.Contains(got, cookie) || strings.Contains(got, inHex), "%s: %s", line, got)
			}
		}
		saved, err := os.ReadFile(filepath.Join(s.Dir, "saved.txt"))
		require.NoError(t, err)
		for _, text := range []string{string(saved), record.String()} {
			require.Contains(t, text, fmt.Sprintf("verb: AUTH\nlength: %d\n", len(cookie)+1))
			require.Equal(t, asked, strings.Contains(text, inHex))
			require.Equal(t, asked, strings.Contains(text, cookie[:16]))
		}
	}
}

func TestARecordReadsAsItWasWritten(t *testing.T) {
	format := regexp.MustCompile(`(?s)^# \d+ [<>] \S+Z\n(verb: \S+\nlength: \d+\n)?.*\nexpect: (ok|cut|bad-frame)\n\n$`)
	rapid.Check(t, func(rt *rapid.T) {
		var record bytes.Buffer
		r := newRecordingTest(t, "", &record)
		verb := rapid.SampledFrom([]string{"", "OK", "DATA", "FILE", "DIR"}).Draw(rt, "verb")
		body := rapid.SliceOfN(rapid.Byte(), 0, 100).Draw(rt, "body")
		sent := rapid.Bool().Draw(rt, "sent")
		if verb == "" && len(body) == 0 {
			return
		}
		r.tap.Observe(sent, frame(verb, string(body)))
		require.Regexp(rt, format, record.String())
		r.writeFile(rt, "record.txt", record.String()+record.String())
		for _, options := range []string{"", "-x ", "--secrets ", "-x --secrets "} {
			shown := r.says(rt, "wire "+options+"show")
			require.Equal(rt, shown+shown, r.says(rt, "wire "+options+"show record.txt"))
		}
		isWhole := verb != "" && (verb != "DATA" || len(body) <= 64)
		require.Equal(rt, isWhole, strings.Contains(record.String(), "\nexpect: ok\n"))
		if isWhole {
			crossed := recordedBytes(rt, record.String())[0].bytes
			f, err := codec.NewConn(readOnly{bytes.NewReader(crossed)}).ReadFrame()
			require.NoError(rt, err)
			require.Equal(rt, verb, f.Verb.String())
			require.Equal(rt, len(body), len(f.Body))
		}
	})
}

// A readOnly is a connection from which frames are only read.
type readOnly struct{ io.Reader }

func (readOnly) Write(b []byte) (int, error) { return len(b), nil }
func (readOnly) Close() error                { return nil }

func TestAJobIsRecordedWithItsShellAndNotTraced(t *testing.T) {
	s := shelltest.NewPlain(t)
	var record lockedBuffer
	s.Configure = func(sh *shell.Shell) { sh.Wire = &record }
	s.Does("trace on; echo beside &")
	require.Eventually(t, func() bool { return strings.Contains(record.String(), "verb: ECHO\n") },
		shelltest.Timeout, time.Millisecond)
	require.NotContains(t, s.Says("wire show"), "> ECHO", "only the frames of the shell's own connection are kept")
	s.Close()
	require.NotContains(t, s.Printed(), "> ECHO")
	require.Regexp(t, `(?s)# 2 > \S+Z\nverb: ECHO\n`, record.String())
}

// TestADialectIsRecordedAsItsMessages records a session with a dialect, and shows the
// record in a session of techsh/1.
func TestADialectIsRecordedAsItsMessages(t *testing.T) {
	t.Parallel()
	s := shelltest.NewDialect(t, "ex27")
	var record lockedBuffer
	configure := s.Configure
	s.Configure = func(sh *shell.Shell) {
		configure(sh)
		sh.Wire = &record
	}
	s.Does("copy notes.txt new; get notes.txt")
	s.Does("dir nova &")
	require.Empty(t, s.Says("wire save saved.txt"))
	shown, shownHex := s.Says("wire show"), s.Says("wire -x show")
	s.Close()
	require.Regexp(t, `^# 1 > \S+Z
dialect: ex27
length: 22
fields: length=4 command=5 parameter-1=10 parameter-2=3
30 30 31 38                                      # \|0018\| length
43 4f 50 59 20                                   # \|COPY \| command, space
6e 6f 74 65 73 2e 74 78 74 20                    # \|notes.txt \| parameter 1, space
6e 65 77                                         # \|new\| parameter 2
expect: ok

# 1 < \S+Z
dialect: ex27
length: 6
fields: length=4 text=2
30 30 30 32                                      # \|0002\| length
4f 4b                                            # \|OK\| text
expect: ok
`, record.String())
	require.Contains(t, record.String(), "\n# … and 24 bytes more\nexpect: cut\n")
	require.Regexp(t, "(?m)^# 2 > .*Z\ndialect: ex27\nlength: 12\n", record.String(), "of a job too")
	require.NotContains(t, record.String(), "WIRE")

	plain := shelltest.NewPlain(t)
	plain.Dir = s.Dir
	require.Equal(t, shown, plain.Says("wire show saved.txt"))
	require.Equal(t, shownHex, plain.Says("wire -x show saved.txt"))
	require.Contains(t, shown, "< ex27      88  bytes=These")
}

func TestATraceShowsTheMessagesOfADialect(t *testing.T) {
	t.Parallel()
	s := shelltest.NewDialect(t, "ex27")
	require.Equal(t, `> ex27      22  length=0018 command=COPY parameter-1=notes.txt parameter-2=new
< ex27       6  length=0002 text=OK
> ex27      15  length=0011 command=DELETE parameter-1=nova
< ex27      29  length=0025 text=Bad command or parameters
del: nova: Bad command or parameters
`, s.Says("trace on; copy notes.txt new; del nova"))
	require.Contains(t, s.Says("get notes.txt"), `
< ex27       6  length=0002 size=88
< ex27      88  bytes=These are the notes that the README fetches.\x0aLine two has an üm… and 24 bytes more
`)
	require.Equal(t, `> 0000  30 30 31 30                                      |0010|               ex27: length
> 0004  44 45 4c 45 54 45 20                             |DELETE |            command, space
> 000b  6e 65 77                                         |new|                parameter 1
< 0000  30 30 30 32                                      |0002|               ex27: length
< 0004  4f 4b                                            |OK|                 text
`, s.Says("trace hex; del new"))
	require.Equal(t,
		"trace: --full: a dialect's gateway passes on only the first 64 bytes of contents\n",
		s.Says("trace --full on"))
	s.Says("trace off")
	require.Contains(t, s.Says("wire show"), "> ex27      22  length=0018 command=COPY")
}

// TestOnlyTheGatewayTellsOfMessages requires that a WIRE frame from a server of
// techsh/1 is not taken for a message of a dialect.
func TestOnlyTheGatewayTellsOfMessages(t *testing.T) {
	s, _ := shelltest.NewHostile(t, shelltest.Answers{"NAME": func(c *codec.Conn, _ []codec.Word) {
		words := codec.Lits("sent", "ex27", "length=0008", "command=DELETE ", "parameter-1=all")
		_ = c.WriteWords(dialect.WIRE, words...)
		_ = c.Write(codec.DATA, []byte("evil\n"))
		shelltest.OK(c)
	}})
	require.Contains(t, s.Says("trace on; name"),
		`< WIRE      56  sent ex27 length=0008 "command=DELETE " parameter-1=all`)
}

// TestARecordOfAMessageReadsAsItWasWritten requires that a recorded message is parsed
// without loss.
func TestARecordOfAMessageReadsAsItWasWritten(t *testing.T) {
	names := []string{"length", "command", "parameter-1", "text", "size", "bytes"}
	rapid.Check(t, func(rt *rapid.T) {
		var record bytes.Buffer
		r := newRecordingTest(t, "ex27", &record)
		words := codec.Lits(
			rapid.SampledFrom([]string{"sent", "came"}).Draw(rt, "direction"),
			rapid.SampledFrom(dialect.Names()).Draw(rt, "dialect"),
		)
		var pairs codec.Pairs
		last := 0
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 4, rapid.ID).Draw(rt, "names") {
			value := string(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(rt, name))
			pairs, last = append(pairs, codec.Pair{Key: name, Value: value}), len(value)
		}
		missing := rapid.Int64Range(0, 1).Draw(rt, "more") * rapid.Int64Range(0, 1<<40).Draw(rt, "missing")
		if missing > 0 {
			pairs = append(pairs, codec.PairOf("of", int64(last)+missing))
		}
		body := codec.Join(append(words, pairs.Words()...)) + "\n"
		r.tap.Observe(false, codec.Frame{Verb: dialect.WIRE, Body: []byte(body)})
		require.NotEmpty(rt, record.String())
		r.writeFile(rt, "record.txt", record.String()+record.String())
		for _, options := range []string{"", "-x "} {
			shown := r.says(rt, "wire "+options+"show")
			require.Equal(rt, shown+shown, r.says(rt, "wire "+options+"show record.txt"))
		}
		require.Equal(rt, missing == 0, strings.Contains(record.String(), "\nexpect: ok\n"))
	})
}

func TestInvalidRecordsOfMessagesAreRefused(t *testing.T) {
	const title = "# 1 > 2026-11-22T12:00:00.000000000Z\n"
	r := newRecordingTest(t, "", nil)
	for _, text := range []string{
		"dialect: ex99\nlength: 2\nfields: length=2\n30 30\n",
		"dialect: ex27\nlength: 2\n30 30\n",
		"dialect: ex27\nlength: 2\nfields: length=3\n30 30\n",
		"dialect: ex27\nlength: 2\nfields: length=1\n30 30\n",
		"dialect: ex27\nlength: 1\nfields: length=2\n30 30\n",
		"dialect: ex27\nlength: 2\nfields: length=-1\n30 30\n",
	} {
		r.writeFile(t, "f", title+text)
		require.Equal(t, "f:1: not a record of a frame", r.says(t, "wire show f"), text)
	}
}

func FuzzAMessageOnTheTerminal(f *testing.F) {
	for _, body := range []string{
		"sent ex27 length=0008 \"command=DIR \" parameter-1=x\n",
		"came ex27 e\"bytes=\\xff\\x1b\" of=20000\n",
		"came echo e\"\\x1b[31m=\\x07\" of=99999999999999999\n",
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		wire := codec.Frame{Verb: dialect.WIRE, Body: []byte(body)}
		if _, err := dialect.ParseMessage(wire); err != nil {
			return
		}
		r := newRecordingTest(t, "ex27", nil)
		r.tap.Observe(false, wire)
		line := r.says(t, "wire show")
		require.Equal(t, 1, strings.Count(line, "\n"))
		for _, text := range []string{line, r.says(t, "wire -x show")} {
			require.NotContains(t, text, "\x1b")
			require.NotContains(t, text, "\r")
		}
	})
}
