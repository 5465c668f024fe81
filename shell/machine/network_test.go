package machine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/shell/shelltest"

	"techsh/codec"
)

func TestNetForPeople(t *testing.T) {
	text := `address lo 127.0.0.1/8
address "Ethernet 2" 192.0.2.7/24 mac=02:00:5e:10:00:00 up=no
listen tcp 0.0.0.0:22 pid=4711 program=sshd
listen tcp [::]:8820
listen udp 127.0.0.1:53 pid=5 e"program=\x1b[31m"
`
	s, _ := shelltest.NewHostile(t, shelltest.Answers{"NET": shelltest.Tells(text)})
	require.NoError(t, s.Run("net"))
	require.Equal(t, text, s.Printed())
	s.Terminals(true, false)
	require.NoError(t, s.Run("net"))
	require.Equal(t, `lo          127.0.0.1/8
Ethernet 2  192.0.2.7/24  02:00:5e:10:00:00 down

tcp  0.0.0.0:22    sshd (4711)
tcp  [::]:8820
udp  127.0.0.1:53  \x1b[31m (5)
`, s.Printed())
}

func TestWhoForPeople(t *testing.T) {
	text := `ann pts/0 192.0.2.9 2026-11-22T12:00:00.000000000Z idle=60
e"\x1b[31m" tty2 - - idle=9223372036854775807
`
	s, _ := shelltest.NewHostile(t, shelltest.Answers{"WHO": shelltest.Tells(text)})
	require.NoError(t, s.Run("who"))
	require.Equal(t, text, s.Printed())
	s.Terminals(true, false)
	require.NoError(t, s.Run("who"))
	since := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).Local().Format("2006-01-02 15:04")
	require.Equal(t, "ann       pts/0  192.0.2.9  since "+since+"  idle for 1 m 0 s\n"+
		"\\x1b[31m  tty2                                      idle for 49710 d 6 h\n", s.Printed())
}

func TestMalformedAnswersAreRefused(t *testing.T) {
	s, _ := shelltest.NewHostile(
		t,
		shelltest.Answers{
			"NET":  shelltest.Tells("address lo nowhere\n"),
			"WHO":  shelltest.Tells("ann\n"),
			"INFO": shelltest.Tells("linux\n"),
			"PS":   shelltest.Tells("1 2\n"),
			"TIME": shelltest.Tells("noon\n"),
		},
	)
	for _, line := range []string{"net", "who", "info", "ps", "kill x", "time"} {
		require.Error(t, s.Run(line), line)
		require.Regexp(t, `is no|needs`, s.Printed(), line)
	}
}

func TestEndlessListsForATableAreRefused(t *testing.T) {
	for line, answer := range map[string]struct{ verb, text string }{
		"net": {"NET", "address lo 127.0.0.1/8\n"},
		"who": {"WHO", "ann pts/0 - -\n"},
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel() // the server has a second to close the connection
			chunk := []byte(strings.Repeat(answer.text, 1<<20/len(answer.text)))
			s, _ := shelltest.NewHostile(t, shelltest.Answers{answer.verb: func(c *codec.Conn, _ []codec.Word) {
				for c.Write(codec.DATA, chunk) == nil { // until the client closes the connection
				}
			}})
			s.Terminals(true, false)
			require.Error(t, s.Run(line))
			printed := s.Printed()
			require.Contains(t, printed, "more than fits into 8 MiB of memory\n")
			require.Equal(t, 1, strings.Count(printed, "\n"), "and no table")
		})
	}
}

// A single very long name must not widen every row of a list.
func TestAWideCellSticksOut(t *testing.T) {
	wide := strings.Repeat("x", 60_000)
	list := "address " + wide + " 192.0.2.7/24 mac=02:00:5e:10:00:00\naddress b 192.0.2.8/24 mac=02:00:5e:10:00:01\n"
	s, _ := shelltest.NewHostile(t, shelltest.Answers{"NET": shelltest.Tells(list)})
	s.Terminals(true, false)
	require.NoError(t, s.Run("net"))
	rows := strings.Split(s.Printed(), "\n")
	require.Contains(t, rows[0]+rows[1], wide)
	require.Less(t, len(rows[len(rows)-2]), 300)
}
