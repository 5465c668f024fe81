package dialect_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/dialect"
	"techsh/codec/link"
)

func TestAServerThatHangsUpIsALostLinkWhereConnectionsAreKept(t *testing.T) {
	with(t, "ex27", always("EOF"), func(t *testing.T, l *link.Link, _ *people) {
		_, err := ask(t, l, "DIR x")
		require.ErrorIs(t, err, link.ErrLost)
		require.ErrorContains(t, err, "the server hung up")
		<-l.Ended()
	})
	with(t, "echo", always("EOF"), func(t *testing.T, l *link.Link, _ *people) {
		_, err := ask(t, l, "ECHO x")
		require.NotErrorIs(t, err, link.ErrLost)
		select {
		case <-l.Ended():
			t.Error("the next request has a connection of its own")
		default:
		}
	})
}

func TestWaitForAnEarlierAnswerIsNewsAndCanBeCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &people{ended: make(chan struct{}), answer: func(request string) []string {
			switch {
			case strings.Contains(request, "EXECUTE"):
				time.Sleep(time.Hour)
				return []string{"0004done"}
			case strings.Contains(request, "EXIT"):
				return []string{"EOF"}
			}
			return []string{"0005a.txt"}
		}}
		ours, theirs := net.Pipe()
		go p.serve(theirs)
		conn, err := dialect.Open(
			t.Context(), "ex27", "there", func(context.Context) (net.Conn, error) { return ours, nil },
		)
		require.NoError(t, err)
		var news []string
		l, _, err := link.Open(
			t.Context(), conn,
			link.Opening{News: func(kind, text string) { news = append(news, kind+": "+text) }},
		)
		require.NoError(t, err)
		for _, call := range []string{"EXEC -- long", "DIR x"} {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			began := time.Now()
			_, err = askIn(ctx, t, l, call)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, time.Second, time.Since(began), "it is cancelled at once")
			cancel()
		}
		for range 2 {
			_, err = ask(t, l, "DIR x")
			require.NoError(t, err)
		}
		require.NoError(t, l.Close())
		<-p.ended
		const waiting = "waiting: EXECUTE still runs on the remote; its answer has to come first"
		require.Equal(t, []string{waiting, waiting}, news, "once for each that waits")
	})
}

func TestAnswerThatWasAwaitedInVainIsNotAwaitedAgain(t *testing.T) {
	with(t, "ex27", func(request string) []string {
		if strings.HasSuffix(request, "SEND_FILE a") {
			return []string{"0003100", "short"}
		}
		return always("0005a.txt")(request)
	}, func(t *testing.T, l *link.Link, _ *people) {
		_, err := ask(t, l, "GET a")
		require.EqualError(t, err, "a: 5 of 100 bytes arrived")
		began := time.Now()
		_, err = ask(t, l, "DIR x")
		require.NoError(t, err)
		require.Less(t, time.Since(began), time.Second)
	})
}

func TestFileNamesDoNotSoundLikeFailures(t *testing.T) {
	for _, row := range []struct {
		call, reply string
		isBad       bool
	}{
		{"DEL error.log", "error.log done", false},
		{"DEL error", "error deleted", false},
		{"DEL /tmp/error", "'error' was deleted", false},
		{"DEL error", "C:\\x\\error: deleted", false},
		{"COPY badge.png b", "badge.png done", false},
		{"COPY a errors", "copied a to errors.", false},
		{"DEL nothing.txt", "File nothing.txt was deleted, 0 errors", false},
		{"DEL a", "deleted with no errors", false},
		{"EXEC -- a", "finished without error", false},
		{"DEL a", "Bad name", true},
		{"DEL error.log", "Error: error.log is missing", true},
		{"DEL a", "10 errors", true},
		{"DEL a", "No, not possible", true},
		{"DEL a", "it can’t be done", true},
		{"DEL a", "[WinError 2] The system cannot find the file specified: 'a'", true},
		{"DEL a", "FileNotFoundError", true},
		{"DEL a", "ERROR_ACCESS_DENIED", true},
		{"DEL a", "Failed.", true},
		{"EXEC -- a", "no such program", true},
	} {
		with(t, "ex27", always(framed4(row.reply)), func(t *testing.T, l *link.Link, _ *people) {
			_, err := ask(t, l, row.call)
			require.Equal(t, row.isBad, err != nil, "%s: %s: %v", row.call, row.reply, err)
		})
	}
}

func TestErrorsNameTheObject(t *testing.T) {
	for _, row := range []struct{ call, reply, want string }{
		{"DEL x", framed4("Bad command or parameters"), "x: Bad command or parameters"},
		{"COPY a b", framed4("no such file"), "a: no such file"},
		{"EXEC -- vi a", "cannot run that", "vi: cannot run that"},
		{"DIR x", framed4("Bad command or parameters"), "x: Bad command or parameters"},
		{"DEL x", framed4("\r\nError:\r\n\r\nx is not there\r\n"), "x: Error:\nx is not there"},
		{"SHOT", framed4("Bad command or parameters"), "Bad command or parameters"},
	} {
		with(t, "ex27", always(row.reply), func(t *testing.T, l *link.Link, _ *people) {
			_, err := ask(t, l, row.call)
			require.EqualError(t, err, row.want)
		})
	}
	with(t, "ex27", shots("0002-5"), func(t *testing.T, l *link.Link, _ *people) {
		_, err := ask(t, l, "SHOT")
		require.EqualError(t, err, `the server sent "-5", which is not a size`)
	})
}

func TestShortenedListHasOneMark(t *testing.T) {
	with(t, "ex27", always(framed4("a.txt\n... and more")), func(t *testing.T, l *link.Link, _ *people) {
		got, err := ask(t, l, "DIR x")
		require.Equal(t, "f - - - a.txt\n", got)
		require.ErrorIs(t, err, &codec.Error{Code: codec.Partial})
	})
}

func TestAutoRecognisesErrorsWithoutALength(t *testing.T) {
	for said, want := range map[string]string{
		"Packet not according to protocol": "ex27", "Bad command or parametersBad command": "ex27",
		"Wrong protocol": "ex26", "Wrong command\n": "ex26",
		"wrong protocolwrong protocol": "ex26-slide", "Error": "", "Wrong": "",
	} {
		require.Equal(t, want, dialect.DialectOfAnswer(said), said)
	}
}

// TestAutoSendsAnExitThatIsOneInEveryDialect also checks that the servers of this
// package take them for EXIT.
func TestAutoSendsAnExitThatIsOneInEveryDialect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := &people{answer: always("Error"), ended: make(chan struct{})}
		ours, theirs := net.Pipe()
		go p.serve(theirs)
		_, err := dialect.Open(
			t.Context(), dialect.Auto, "there",
			func(context.Context) (net.Conn, error) { return ours, nil },
		)
		require.Error(t, err)
		<-p.ended
		require.Equal(t, []string{dialect.ProbeText(), "0004EXIT"}, p.requests())
	})
	for name, reply := range map[string]string{
		"ex26-slide": "14wrong protocol03bye", "ex26": "13Wrong command", "ex27": "0003bye",
	} {
		inBubble(t, name, newComputer, func(t *testing.T, conn net.Conn, _ *computer) {
			say(t, conn, "0004EXIT")
			expect(t, conn, reply)
			expectEOF(t, conn)
		})
	}
}
