package shell

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/codec/link"
	"techsh/remote"
)

// dialectShell is a shell whose commands cross in a dialect, to a server in a
// copy of testdata/tree.
func dialectShell(t *testing.T, name string) (s *Shell, output func() string) {
	t.Helper()
	d, err := dialect.Named(name)
	require.NoError(t, err)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	quiet := slog.New(slog.DiscardHandler)
	inside := &remote.Server{Root: copyTree(t), Log: quiet}
	server := &dialect.Server{Dialect: d, Log: quiet, Session: func(ctx context.Context, conn net.Conn) error { return inside.ServeConn(ctx, conn, "somebody") }}
	go func() { done <- server.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	s, output, _ = shellTo(t, func(ctx context.Context, _ string, _ func(string) (string, error)) (io.ReadWriteCloser, link.Opening, error) {
		conn, err := dialect.Open(ctx, name, "there", func(ctx context.Context) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, "tcp", l.Addr().String())
		})
		return conn, link.Opening{}, err
	})
	s.Dialect, s.wire.crossed = name, 0 // as if it had known from the beginning
	s.rows = s.table()
	return s, output
}

func TestATraceShowsWhatCrossesInADialect(t *testing.T) {
	t.Parallel()
	s, output := dialectShell(t, "ex27")
	require.Equal(t, `> ex27      22  length=0018 command=COPY parameter-1=notes.txt parameter-2=new
< ex27       6  length=0002 text=OK
> ex27      15  length=0011 command=DELETE parameter-1=nova
< ex27      29  length=0025 text=Bad command or parameters
del: nova: Bad command or parameters
`, says(t, s, output, "trace on; copy notes.txt new; del nova"))
	require.Contains(t, says(t, s, output, "get notes.txt"), `
< ex27       6  length=0002 size=88
< ex27      88  bytes=These are the notes that the README fetches.\x0aLine two has an üm… and 24 bytes more
`)
	require.Equal(t, `> 0000  30 30 31 30                                      |0010|               ex27: length
> 0004  44 45 4c 45 54 45 20                             |DELETE |            command, space
> 000b  6e 65 77                                         |new|                parameter 1
< 0000  30 30 30 32                                      |0002|               ex27: length
< 0004  4f 4b                                            |OK|                 text
`, says(t, s, output, "trace hex; del new"))
	require.Equal(t, "trace: --full: in a dialect, of contents only the first 64 bytes are told\n", says(t, s, output, "trace --full on"))
	says(t, s, output, "trace off")
	require.Contains(t, says(t, s, output, "wire show"), "> ex27      22  length=0018 command=COPY")
}

// TestARecordOfADialectSaysWhatCrossed has it shown by a shell that speaks none.
func TestARecordOfADialectSaysWhatCrossed(t *testing.T) {
	t.Parallel()
	s, output := dialectShell(t, "ex27")
	var recording bytes.Buffer
	s.wire.recorder = &recorder{to: &recording}
	says(t, s, output, "copy notes.txt new; get notes.txt; dir nova &")
	require.ErrorContains(t, s.settle(t.Context()), "Bad command")
	output()
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
`, recording.String())
	require.Contains(t, recording.String(), "\n# … and 24 bytes more\nexpect: cut\n")
	require.Regexp(t, "(?m)^# 2 > .*Z\ndialect: ex27\nlength: 12\n", recording.String(), "of a job too")
	require.NotContains(t, recording.String(), "WIRE")

	require.Empty(t, says(t, s, output, "wire save saved.txt"))
	inside, insideHex := says(t, s, output, "wire show"), says(t, s, output, "wire -x show")
	plain, plainOutput, _ := testShell(t)
	plain.Dir = s.Dir
	require.Equal(t, inside, says(t, plain, plainOutput, "wire show saved.txt"))
	require.Equal(t, insideHex, says(t, plain, plainOutput, "wire -x show saved.txt"))
	require.Contains(t, inside, "< ex27      88  bytes=These")
}

// TestARecordOfAMessageIsAsGood writes any message and reads it again.
func TestARecordOfAMessageIsAsGood(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := message{dialect.Message{Dialect: rapid.SampledFrom(dialect.Names()).Draw(t, "dialect"), Sent: rapid.Bool().Draw(t, "sent")}}
		for _, name := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"length", "command", "parameter-1", "text", "size", "bytes"}), 1, 4, rapid.ID).Draw(t, "names") {
			m.Fields = append(m.Fields, dialect.Field{Name: name, Bytes: string(rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, name))})
		}
		m.Missing = rapid.Int64Range(0, 1).Draw(t, "more") * rapid.Int64Range(0, 1<<40).Draw(t, "missing")
		x := crossing{connection: 3, sent: m.Sent, at: time.Unix(1, 7).UTC(), message: &m}
		all, err := parseRecords("f", x.record()+x.record())
		require.NoError(t, err)
		require.Equal(t, []crossing{x, x}, all)
		require.Equal(t, m.Missing == 0, strings.Contains(x.record(), "\nexpect: ok\n"))
	})
}

func TestARecordOfAMessageThatIsNone(t *testing.T) {
	const title = "# 1 > 2026-11-22T12:00:00.000000000Z\n"
	for _, text := range []string{
		"dialect: ex99\nlength: 2\nfields: length=2\n30 30\n", "dialect: ex27\nlength: 2\n30 30\n", "dialect: ex27\nlength: 2\nfields: length=3\n30 30\n",
		"dialect: ex27\nlength: 2\nfields: length=1\n30 30\n", "dialect: ex27\nlength: 1\nfields: length=2\n30 30\n", "dialect: ex27\nlength: 2\nfields: length=-1\n30 30\n",
	} {
		_, err := parseRecords("f", title+text)
		require.EqualError(t, err, "f:1: no record of a frame", text)
	}
}

func TestRawIsRefusedInADialect(t *testing.T) {
	s, output := dialectShell(t, "ex27")
	for _, line := range []string{"raw DIR logs", "raw -x 30", "expect OK"} {
		name, _, _ := strings.Cut(line, " ")
		require.Equal(t, name+": connection speaks a dialect, and these are frames of techsh/1\n  nc sends any bytes, and explain shows those of a command\n", says(t, s, output, line))
	}
}

// TestOnlyAGatewayOfOursTellsWhatCrossesInADialect has a server of techsh/1 send
// what only a gateway sends.
func TestOnlyAGatewayOfOursTellsWhatCrossesInADialect(t *testing.T) {
	s, output, _, _ := hostile(t, answers{"NAME": func(c *codec.Conn, _ []codec.Word) {
		_ = c.WriteWords(dialect.WIRE, codec.Lits("sent", "ex27", "length=0008", "command=DELETE ", "parameter-1=all")...)
		_ = c.Write(codec.DATA, []byte("evil\n"))
		ok(c)
	}})
	require.Contains(t, says(t, s, output, "trace on; name"), `< WIRE      56  sent ex27 length=0008 "command=DELETE " parameter-1=all`)
}

// TestWhatIsExplainedInADialectIsWhatIsSent explains each line, runs it, and
// compares what has crossed.
func TestWhatIsExplainedInADialectIsWhatIsSent(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string][]string{
		"echo": {"echo a 'b c'"}, "hello": {"echo Ann"}, "ex26-slide": {"name", "time", "exit"}, "ex26": {"rand", "time", "close"},
		"ex27": {"dir", "dir logs", "del nova", "copy notes.txt new", "exec true", "get new", "get notes.txt -", "exit"},
	} {
		s, output := dialectShell(t, name)
		for _, line := range lines {
			commands, err := s.parse("explain "+line, grammar{prefixes: true})
			require.NoError(t, err)
			verb := map[string]string{"exit": "EXIT", "close": "EXIT"}[line]
			if verb == "" {
				verb = commands[0].of.row.verb
			}
			e := &explanation{verb: codec.MakeVerb(verb), dialect: name}
			_ = e.run(t.Context(), s, *commands[0].of)
			var explained, sent []string
			for _, c := range e.calls {
				for _, m := range c.asks {
					explained = append(explained, m.line(palette{}))
				}
			}
			before := s.wire.crossed
			says(t, s, output, line)
			for _, x := range s.wire.last()[before:] {
				if x.sent {
					sent = append(sent, x.message.line(palette{}))
				}
			}
			require.NotEmpty(t, sent, line)
			require.Equal(t, sent, explained, line)
		}
	}
}

func TestExplainShowsTheFieldsOfADialect(t *testing.T) {
	s, output := dialectShell(t, "ex27")
	const del = `> ex27  17 bytes
0000  30 30 31 33                                      |0013|               length
0004  44 45 4c 45 54 45 20                             |DELETE |            command, space
000b  6c 6f 67 73 2f 78                                |logs/x|             parameter 1
< ex27 0002OK, or 0025Bad command or parameters
`
	require.Equal(t, del, says(t, s, output, "explain del logs/x"))
	require.Equal(t, "explain: ex27 has nothing like it\n  help lists what there is\n", says(t, s, output, "explain mkdir x"))
	require.Equal(t, "explain: \"two words\": ex27 separates by spaces: there can be none in a word\n", says(t, s, output, "explain dir 'two words'"))
	require.Equal(t, "in ex27 nothing is said before the first command\n", says(t, s, output, "explain open"))
	shot := says(t, s, output, "explain shot")
	require.Less(t, strings.Index(shot, "TAKE_SCREENSHOT"), strings.Index(shot, "SEND_PHOTO"))
	require.Equal(t, del, says(t, s, output, "close; explain del logs/x"), "that needs no connection")

	s.Dialect = dialect.Auto
	require.Equal(t, "explain: which dialect the server speaks is not known yet\n  open finds out\n", says(t, s, output, "explain dir"))
	require.Equal(t, del, says(t, s, output, "open; explain del logs/x"))
}

func TestTheCourseIsKnownToHelp(t *testing.T) {
	s, output, _ := testShell(t)
	require.Equal(t, course, says(t, s, output, "help course"))
	require.Equal(t, "help course ", s.complete(t.Context(), "help cou", 8).Line)
	require.Equal(t, []string{"copy", "course"}, s.complete(t.Context(), "help co", 7).List)
	require.Empty(t, s.complete(t.Context(), "explain cour", 12).List)
	require.Contains(t, says(t, s, output, "help copy"), "copy|cp")
}

func FuzzAMessageOnTheTerminal(f *testing.F) {
	for _, body := range []string{"sent ex27 length=0008 \"command=DIR \" parameter-1=x\n", "came ex27 e\"bytes=\\xff\\x1b\" of=20000\n", "came echo e\"\\x1b[31m=\\x07\" of=99999999999999999\n"} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		parsed, err := dialect.ParseMessage(codec.Frame{Verb: dialect.WIRE, Body: []byte(body)})
		if err != nil {
			return
		}
		m := message{parsed}
		line := m.line(palette{})
		require.Equal(t, 1, strings.Count(line, "\n"))
		for _, text := range []string{line, m.hex(palette{})} {
			require.NotContains(t, text, "\x1b")
			require.NotContains(t, text, "\r")
		}
	})
}
