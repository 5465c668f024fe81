package shell

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
)

// tells answers with these lines.
func tells(text string) func(*codec.Conn, []codec.Word) {
	return func(c *codec.Conn, _ []codec.Word) {
		_ = c.Write(codec.DATA, []byte(text))
		ok(c)
	}
}

func TestNetForPeople(t *testing.T) {
	text := `address lo 127.0.0.1/8
address "Ethernet 2" 192.0.2.7/24 mac=02:00:5e:10:00:00 up=no
listen tcp 0.0.0.0:22 pid=4711 program=sshd
listen tcp [::]:8820
listen udp 127.0.0.1:53 pid=5 e"program=\x1b[31m"
`
	s, output, _, _ := hostile(t, answers{"NET": tells(text)})
	require.NoError(t, s.does(t, "net"))
	require.Equal(t, text, output())
	s.Out.Terminal = true
	require.NoError(t, s.does(t, "net"))
	require.Equal(t, `lo          127.0.0.1/8
Ethernet 2  192.0.2.7/24  02:00:5e:10:00:00 down

tcp  0.0.0.0:22    sshd (4711)
tcp  [::]:8820
udp  127.0.0.1:53  \x1b[31m (5)
`, output())
}

func TestWhoForPeople(t *testing.T) {
	text := `ann pts/0 192.0.2.9 2026-11-22T12:00:00.000000000Z idle=60
e"\x1b[31m" tty2 - - idle=9223372036854775807
`
	s, output, _, _ := hostile(t, answers{"WHO": tells(text)})
	require.NoError(t, s.does(t, "who"))
	require.Equal(t, text, output())
	s.Out.Terminal = true
	require.NoError(t, s.does(t, "who"))
	since := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC).Local().Format("2006-01-02 15:04")
	require.Equal(t, "ann       pts/0  192.0.2.9  since "+since+"  idle for 1 m 0 s\n"+
		"\\x1b[31m  tty2                                      idle for 49710 d 6 h\n", output())
}

func TestNounsThatAreNoneAreRefused(t *testing.T) {
	s, output, _, _ := hostile(t, answers{"NET": tells("address lo nowhere\n"), "WHO": tells("ann\n"), "INFO": tells("linux\n"), "PS": tells("1 2\n"), "TIME": tells("noon\n")})
	for _, line := range []string{"net", "who", "info", "ps", "kill x", "time"} {
		require.Error(t, s.does(t, line), line)
		require.Regexp(t, `is no|needs`, output(), line)
	}
}

func TestEndlessListsForATableAreRefused(t *testing.T) {
	for line, answer := range map[string]struct{ verb, text string }{"net": {"NET", "address lo 127.0.0.1/8\n"}, "who": {"WHO", "ann pts/0 - -\n"}} {
		t.Run(line, func(t *testing.T) {
			t.Parallel() // the server is given a second to hang up
			chunk := []byte(strings.Repeat(answer.text, 1<<20/len(answer.text)))
			s, output, _, _ := hostile(t, answers{answer.verb: func(c *codec.Conn, _ []codec.Word) {
				for c.Write(codec.DATA, chunk) == nil { // until the client hangs up
				}
			}})
			s.Out.Terminal = true
			require.Error(t, s.does(t, line))
			require.Contains(t, output(), "more of them than fit into 8388608 bytes")
		})
	}
}

// A name as long as a frame would widen every row of a list without end.
func TestAWideCellSticksOut(t *testing.T) {
	wide := strings.Repeat("x", 60_000)
	require.Equal(t, wide+"  1\na"+strings.Repeat(" ", widest)+" 2\n", table([][]string{{wide, "1"}, {"a", "2"}}))
	require.Equal(t, wide+"  1\n"+strings.Repeat(" ", widest-1)+"a  2\n", table([][]string{{wide, "1"}, {"a", "2"}}, 0))
}
