package dialect_test

import (
	"bufio"
	"context"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
)

// python returns a command that runs a program of testdata/python.
func python(t *testing.T, args ...string) *exec.Cmd {
	path, err := exec.LookPath("python3")
	if err != nil {
		lacks(t, "python3 is missing: people's programs are written in it")
	}
	ctx, cancel := context.WithTimeout(context.Background(), testTimeout)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = "../../testdata/python"
	return cmd
}

// TestOurClientWithPeoplesServers makes calls to each server in Python, which ends by
// itself only if it gets an EXIT.
func TestOurClientWithPeoplesServers(t *testing.T) {
	photo := "\xff\xd8\xff"
	for ways, row := range map[string]struct{ call, want string }{
		"plain apart pauses one_read": {"DIR x", "f - - - a.txt\nf - - - \"b c.txt\"\n"},
		"twice":                       {"COPY a b", "Bad command or parameters"},
		"overflows":                   {"DIR x", "f - - - file00899.txt\n"},
		"characters":                  {"DIR x", "f - - - שלום.txt\nf - - - b.txt\n"},
		"unframed":                    {"DEL x", "Error: no such file"},
		"plain late_photo binary_photo dies apart": {"SHOT --format jpeg", photo},
		"text_photo":     {"SHOT", "No photo today"},
		"silent":         {"SHOT", "the server does not answer"},
		"plain one_read": {"GET x", photo},
		"vanishes":       {"DIR x", "the server hung up"},
		"text_farewell no_farewell lingering plain apart pauses one_read dies": {"EXEC x", ""},
	} {
		for way := range strings.FieldsSeq(ways) {
			t.Run(way+" "+row.call, func(t *testing.T) {
				if way == "silent" && os.Getenv("TECHSH_TORTURE") != "1" {
					t.Skip(
						"takes ten real seconds; TestFormsOfPhotos has the same on a fake clock",
					)
				}
				t.Parallel()
				addr, ended := peoplesServer(t, way)
				l := openTCP(t, "ex27", addr)
				for range 2 {
					got, err := ask(t, l, row.call)
					if err != nil {
						got = err.Error()
					}
					require.Contains(t, got, row.want)
					if way == "silent" {
						break // once is enough, because it takes long
					}
				}
				require.NoError(t, l.Close())
				require.NoError(t, <-ended)
			})
		}
	}
}

func TestOurClientWithPeoplesServerOfTheEasierExercise(t *testing.T) {
	for _, name := range []string{"ex26", "auto"} {
		addr, ended := peoplesServer(t, "ex26")
		l := openTCP(t, name, addr)
		for call, want := range map[string]string{"NAME": "people-pc\n", "RAND": "7\n"} {
			got, err := ask(t, l, call)
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
		require.NoError(t, l.Close())
		require.NoError(t, <-ended)
	}
}

func TestAutoWithPeoplesServers(t *testing.T) {
	for _, way := range []string{"plain", "apart", "one_read", "dies"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			addr, ended := peoplesServer(t, way)
			l := openTCP(t, "auto", addr)
			got, err := ask(t, l, "DIR x")
			require.NoError(t, err)
			require.Contains(t, got, "a.txt")
			require.NoError(t, l.Close())
			require.NoError(t, <-ended)
		})
	}
}

// peoplesServer starts a server in Python. ended receives the result of its process.
func peoplesServer(t *testing.T, way string) (addr string, ended <-chan error) {
	cmd := python(t, "people_server.py", way)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Start())
	port, err := bufio.NewReader(out).ReadString('\n')
	require.NoError(t, err)
	over := make(chan error, 1)
	go func() {
		err := cmd.Wait()
		if err != nil {
			err = codec.Errorf(codec.Internal, "%v: %s", err, stderr.String())
		}
		over <- err
	}()
	return "127.0.0.1:" + strings.TrimSpace(port), over
}

func openTCP(t *testing.T, name, addr string) *link.Link {
	return open(
		t, name,
		func(ctx context.Context) (net.Conn, error) { return (&net.Dialer{}).DialContext(ctx, "tcp", addr) },
	)
}

// TestPeoplesClientsWithOurServer runs each client in Python against our server, which
// meanwhile serves another client.
func TestPeoplesClientsWithOurServer(t *testing.T) {
	const bad = "Bad command or parameters\n"
	list := "a.txt\nb c.txt\n"
	for way, want := range map[string]string{
		"apart":                  list + "OK\n",
		"lower_case":             list + "OK\nbye\n",
		"one_read":               list + bad + "OK\n",
		"one_read_for_the_size":  strings.Repeat("OK\n60000 ffd8ff\n", 8),
		"one_read_for_the_photo": "OK\n60000 60000\n",
		"characters":             bad + "OK\n",
		"unpadded":               "Packet not according to protocol\nOK\n",
		"needs_a_farewell":       "bye\nb''\n",
		"vanishes":               "",
	} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			c := newComputer()
			c.photo = photoOf(60_000)
			addr := overTCP(t, "ex27", c)
			other := connect(t, addr)
			_, port, err := net.SplitHostPort(addr)
			require.NoError(t, err)
			out, err := python(t, "people_client.py", way, port).CombinedOutput()
			require.NoError(t, err, string(out))
			require.Equal(t, want, strings.ReplaceAll(string(out), "\r\n", "\n"))
			require.NoError(t, other.SetDeadline(time.Now().Add(testTimeout)))
			exchanges(t, other, framed4("COPY a b"), "0002OK")
		})
	}
}
