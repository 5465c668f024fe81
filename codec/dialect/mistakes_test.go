package dialect_test

import (
	"bytes"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCommandEndsForAClientThatFillsTheBuffer(t *testing.T) {
	inBubble(t, "ex27", newComputer, func(t *testing.T, conn net.Conn, c *computer) {
		c.blocks = true
		say(t, conn, framed4("EXECUTE forever"))
		<-c.running
		go func() { _, _ = conn.Write([]byte("9999" + strings.Repeat("x", 9000))) }()
		select {
		case err := <-c.ended:
			require.Error(t, err)
		case <-time.After(time.Hour):
			t.Error("it runs on")
		}
	})
}

func TestAnEchoOfTheFirstBytesComesHoweverManyFollow(t *testing.T) {
	inBubble(t, "echo", newComputer, func(t *testing.T, conn net.Conn, _ *computer) {
		go func() { _, _ = conn.Write(bytes.Repeat([]byte("x"), 20_000)) }()
		expect(t, conn, strings.Repeat("x", 1024))
		expectEOF(t, conn)
	})
}

func TestAWebBrowserIsHungUpOnInEachDialectThatHasMessages(t *testing.T) {
	for name, row := range map[string]struct{ begin, reply string }{
		"ex26":       {"GE", "14Wrong protocol"}, // the rest arrives in a second segment
		"ex26-slide": {"GET / HTTP/1.0\r\n\r\n", "14wrong protocol"},
		"ex27":       {"GET / HTTP/1.0\r\n\r\n", notProtocol},
	} {
		inBubble(t, name, newComputer, func(t *testing.T, conn net.Conn, c *computer) {
			go func() { _, _ = conn.Write([]byte(row.begin)) }()
			expect(t, conn, row.reply)
			expectEOF(t, conn)
			require.Empty(t, c.heard())
		})
	}
}

func TestEachMistakeOfAClientIsLoggedOnce(t *testing.T) {
	for name, row := range map[string]struct {
		request, reply string
		want           []string
	}{
		"ex26-slide": {"AAAA", "14wrong protocol", []string{"garbage words=AAAA"}},
		"ex26":       {"05HELLO", "13Wrong command", []string{`"unknown command" words=HELLO`}},
		"ex27":       {framed4("COPY a"), badCommand, []string{`"wrong number of parameters" words="COPY a"`}},
		"ex27 empty": {"0000", badCommand, []string{`"empty request" words=""`}},
		"ex27 shot": {
			framed4("SEND_PHOTO"), badCommand, []string{`"no picture was taken yet" words=SEND_PHOTO`},
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			var log bytes.Buffer
			lane := newLane()
			name, _, _ := strings.Cut(name, " ")
			stop := start(t, name, newComputer(), lane, &log)
			conn := lane.dial()
			for range 3 {
				exchanges(t, conn, row.request, row.reply)
			}
			conn.Close()
			stop()
			var told []string
			for line := range strings.Lines(log.String()) {
				_, what, _ := strings.Cut(strings.TrimSpace(line), " msg=")
				what, words, _ := strings.Cut(what, " peer=")
				_, words, _ = strings.Cut(words, " words=")
				told = append(told, what+" words="+words)
			}
			require.Equal(t, row.want, told)
		})
	}
}
