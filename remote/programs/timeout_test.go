//go:build unix

package programs_test

import (
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

func TestTimeoutEndsAProgramAndAllThatItStarted(t *testing.T) {
	t.Parallel()
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		c := h.Client(t)
		for _, line := range []string{
			"SH --timeout 0.3 'sleep 1000 & echo $! $$; exec sleep 1000'",
			"SH --timeout=.3 'sleep 1000 & echo $! $$; trap \"\" TERM; while :; do sleep 1; done'",
			"SH -t 80x24 --timeout 0.3 'sleep 1000 & echo $! $$; trap \"\" HUP; while :; do sleep 1; done'",
			"SH --timeout 0.3 'sleep 1000 & echo $! $$; exec yes'",
			"SH --timeout 0.3 '{ sleep 0.1; exec yes; } & echo $! $$'",
			"SH --timeout 0.3 'while sleep 0.1; do echo x; done & echo $! $$'",
		} {
			began := time.Now()
			got, e := c.Fails(line, codec.Timeout)
			require.ErrorIs(t, e, os.ErrDeadlineExceeded)
			require.Equal(t, "it was ended after 300ms", e.Text)
			took := time.Since(began)
			require.GreaterOrEqual(t, took, 300*time.Millisecond, line)
			require.Less(t, took, remotetest.Timeout, line)
			var pids [2]int
			_, err := fmt.Sscan(got.Data, &pids[0], &pids[1])
			require.NoError(t, err)
			for _, pid := range pids {
				remotetest.Eventually(
					t,
					fmt.Sprintf("process %d of %s is left", pid, line),
					func() bool { return remotetest.ProcessGone(pid) },
				)
			}
		}
	})
}

func TestTimeoutDoesNotAffectAProgramThatEndsInTime(t *testing.T) {
	c := remotetest.New(t, false).Client(t)
	require.Equal(t, exit(0), c.OK("EXEC --timeout 1000 true").Pairs)
	require.Equal(t, exit(3), c.OK("SH --timeout 1000.5 'exit 3'").Pairs)
	for _, limit := range []string{
		"0",
		"0.0",
		"-1",
		"x",
		"",
		"1h",
		"1e3",
		"1s",
		"+1",
		" 1",
		"1..2",
		"NaN",
		strings.Repeat("9", 40),
	} {
		c.Fails("EXEC --timeout "+codec.Quote(codec.Lit(limit))+" true", codec.BadRequest)
	}
}

func TestLineIsRunByTheShellThatIsNamed(t *testing.T) {
	list, err := os.ReadFile("/etc/shells")
	if err != nil || !strings.Contains(string(list), "/bash\n") {
		remotetest.SkipWithout(t, "needs bash in /etc/shells")
	}
	c := remotetest.New(t, false).Client(t)
	require.Equal(t, "bash b\n", c.OK(`SH --shell bash 'a=(a b); echo ${BASH_VERSION:+bash} ${a[1]}'`).Data)
	require.Equal(t, "sh\n", c.OK(`SH --shell sh 'echo sh'`).Data)
	_, e := c.Fails("SH --shell nova 'echo sh'", codec.NotFound)
	require.Contains(t, e.Hint, "bash")
	for _, line := range []string{"-x", "+x", "-c 'echo no option'"} { // which sh -c would take for options
		got := c.OK("SH " + codec.Quote(codec.Lit(line)))
		require.Equal(t, exit(127), got.Pairs, line)
	}
	require.Equal(t, exit(0), c.OK(`SH ""`).Pairs)
	c.Fails(`SH e"echo a\x00b"`, codec.BadRequest)
}

func TestProgramThatIsBeingWrittenToIsBusy(t *testing.T) {
	h := remotetest.New(t, false)
	h.Write(t, "script", "#!/bin/sh\necho ran\n")
	path := h.Dir + "/script"
	require.NoError(t, os.Chmod(path, fs.FileMode(0o755)))
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	require.NoError(t, err)
	c := h.Client(t)
	for _, line := range []string{"EXEC ./script", "EXEC -t 80x24 ./script", "RUN ./script"} {
		_, e := c.Fails(line, codec.Busy)
		require.Equal(t, "it is being written to", e.Text)
	}
	require.NoError(t, f.Close())
	require.Equal(t, "ran\n", c.OK("EXEC ./script").Data)
}

// Each call may use a few more descriptors than the one before. Until they are enough, it
// reports the first thing that it cannot open, leaves nothing open, and the next call
// works.
func TestProgramsWithoutDescriptorsAreRefused(t *testing.T) {
	c := remotetest.New(t, false).Client(t)
	c.OK("EXEC -t 80x24 true")
	c.OK("EXEC -i true")
	free, err := os.Open("/dev/null")
	require.NoError(t, err)
	lowest := uint64(free.Fd())
	free.Close()
	var before syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before))
	restore := func() { require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before)) }
	defer restore()
	refused := 0
	for _, line := range []string{"EXEC true", "SH -i true", "EXEC -t 80x24 true", "RUN true"} {
		for n := range uint64(16) {
			require.NoError(
				t,
				syscall.Setrlimit(syscall.RLIMIT_NOFILE, &syscall.Rlimit{Cur: lowest + n, Max: before.Max}),
			)
			_, err := c.Call(t.Context(), remotetest.NewRequest(t, line))
			restore()
			if err != nil {
				refused++
				require.Contains(t, err.Error(), "too many open files", line)
			}
		}
		_, err := c.Call(t.Context(), remotetest.NewRequest(t, line))
		require.NoError(t, err, line)
	}
	require.Greater(t, refused, 10)
	again, err := os.Open("/dev/null")
	require.NoError(t, err)
	defer again.Close()
	require.LessOrEqual(t, uint64(again.Fd()), lowest+1, "descriptors are left open")
}

// A client that does not read makes the program wait, so the memory of the server is
// limited.
func TestOutputThatNobodyReadsStopsTheProgram(t *testing.T) {
	h := remotetest.New(t, true)
	conn := h.Dial(t)
	defer conn.Close()
	c := codec.NewConn(conn)
	require.NoError(t, c.WriteWords(codec.AUTH, codec.Lit(h.Cookie)))
	require.NoError(t, c.Flush())
	_, err := c.ReadFrame()
	require.NoError(t, err)
	require.NoError(t, c.WriteWords(codec.MakeVerb("SH"), codec.Lit("echo $$; exec yes")))
	require.NoError(t, c.Flush())
	f, err := c.ReadFrame()
	require.NoError(t, err)
	first, _, _ := strings.Cut(string(f.Body), "\n")
	pid, err := strconv.Atoi(first)
	require.NoError(t, err)
	written := func() string {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/io", pid))
		if err != nil {
			remotetest.SkipWithout(t, "needs /proc")
		}
		return string(b)
	}
	for last, same := "", 0; same < 40; time.Sleep(5 * time.Millisecond) { // until the program does not write any more
		if now := written(); now == last {
			same++
		} else {
			last, same = now, 0
		}
	}
	require.False(t, remotetest.ProcessGone(pid))
	conn.Close()
	remotetest.Eventually(t, "the program is left", func() bool { return remotetest.ProcessGone(pid) })
}
