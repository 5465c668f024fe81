//go:build unix

package programs_test

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

// A victim is a process that was started by a test, not by the server.
type victim struct {
	pid   string
	ended <-chan *os.ProcessState
}

// newVictim starts a program. For a shell, args is its line.
func newVictim(t *testing.T, name string, args ...string) victim {
	t.Helper()
	cmd := exec.Command(name, args...)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	ended := make(chan *os.ProcessState, 1)
	if strings.HasSuffix(name, "sh") { // the line reports when it is ready
		_, err := out.Read(make([]byte, 1))
		require.NoError(t, err)
	}
	go func() {
		_ = cmd.Wait()
		ended <- cmd.ProcessState
		close(ended)
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	return victim{strconv.Itoa(cmd.Process.Pid), ended}
}

// endedBy waits for the end of v, and returns the signal that ended it.
func (v victim) endedBy(t *testing.T) syscall.Signal {
	t.Helper()
	select {
	case state := <-v.ended:
		return state.Sys().(syscall.WaitStatus).Signal()
	case <-time.After(remotetest.Timeout):
		require.FailNow(t, "it has not ended")
	}
	return 0
}

func (v victim) lives() bool { return len(v.ended) == 0 }

// listProcesses returns the processes in the answer to a call, by their pids.
func listProcesses(c *remotetest.Client, line string) map[string]codec.Process {
	c.T.Helper()
	all := map[string]codec.Process{}
	for text := range strings.Lines(c.OK(line).Data) {
		p, err := codec.ParseProcess(strings.TrimSuffix(text, "\n"))
		require.NoError(c.T, err)
		all[strconv.Itoa(p.PID)] = p
	}
	return all
}

func TestPsListsProcesses(t *testing.T) {
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		c := h.Client(t)
		v := newVictim(t, "sleep", "600")
		all := listProcesses(c, "PS")
		p := all[v.pid]
		require.Equal(t, "sleep", p.Name)
		require.Equal(t, os.Getpid(), p.PPID)
		self, err := user.Current()
		require.NoError(t, err)
		require.Equal(t, self.Username, p.User)
		require.WithinDuration(t, time.Now(), p.Started, time.Minute)
		require.Positive(t, p.Memory)
		own := all[strconv.Itoa(os.Getpid())]
		require.Positive(t, own.CPU)

		one := listProcesses(c, "PS "+v.pid)
		require.Len(t, one, 1)
		require.Equal(t, "sleep", one[v.pid].Name)
		now, ok := c.OK("PS " + v.pid).Pairs.Get("now")
		require.True(t, ok)
		at, err := time.Parse(time.RFC3339Nano, now)
		require.NoError(t, err)
		require.WithinDuration(t, time.Now(), at, time.Minute)
	})
}

func TestPsOfMissingProcesses(t *testing.T) {
	c := remotetest.New(t, false).Client(t)
	v := newVictim(t, "sleep", "600")
	c.OK("KILL " + v.pid)
	v.endedBy(t)
	_, e := c.Fails("PS "+v.pid, codec.NotFound)
	require.Equal(t, v.pid+": no such process", e.Error())
	got, _ := c.Fails(fmt.Sprintf("PS %d %s", os.Getpid(), v.pid), codec.Partial)
	require.Equal(t, 1, strings.Count(got.Data, "\n"))
	require.Equal(t, []string{"not-found " + v.pid + " \"no such process\"\n"}, got.Notes)
	for _, verb := range []string{"PS", "KILL"} {
		for _, bad := range []string{
			"0",
			"-- -1",
			"+1",
			"01",
			"x",
			"2147483648",
			"4294967297",
			"18446744073709551615",
			`""`,
		} {
			_, e := c.Fails(verb+" "+bad, codec.BadRequest)
			require.NotContains(t, e.Error(), "too few", bad)
		}
	}
	c.Fails("PS --mine 1", codec.BadRequest)
}

func TestPsMineListsOwnPrograms(t *testing.T) {
	h := remotetest.New(t, false)
	c := h.Client(t)
	require.Empty(t, listProcesses(c, "PS --mine"))
	pid, ok := c.OK("RUN sleep 600").Pairs.Get("pid")
	require.True(t, ok)
	newVictim(t, "sleep", "600")
	mine := listProcesses(h.Client(t), "PS --mine") // of all sessions of the peer
	require.Len(t, mine, 1)
	require.Equal(t, "sleep", mine[pid].Name)
	c.OK("KILL " + pid)
	remotetest.Eventually(
		t,
		"what has ended is listed",
		func() bool { return len(listProcesses(c, "PS --mine")) == 0 },
	)
}

func TestKillSendsTheSignal(t *testing.T) {
	c := remotetest.New(t, false).Client(t)
	for words, want := range map[string]syscall.Signal{
		"": syscall.SIGTERM, "-s KILL": syscall.SIGKILL, "-s hup": syscall.SIGHUP,
		"-s SIGUSR1": syscall.SIGUSR1, "-s 9": syscall.SIGKILL, "-sINT --name sleep": syscall.SIGINT,
	} {
		v := newVictim(t, "sleep", "600")
		require.Empty(t, c.OK("KILL "+words+" "+v.pid).Pairs)
		require.Equal(t, want, v.endedBy(t), words)
	}
	v := newVictim(t, "sleep", "600")
	for _, bad := range []string{"NOPE", "0", "65", "-1", `""`, "TERM2"} {
		c.Fails("KILL -s "+bad+" "+v.pid, codec.BadRequest)
	}
	require.True(t, v.lives())
}

func TestKillOfAProcessThatIgnoresTerm(t *testing.T) {
	c := remotetest.New(t, false).Client(t)
	v := newVictim(t, "sh", "-c", `trap "" TERM; echo ready; while :; do sleep 1; done`)
	c.OK("KILL " + v.pid)
	listProcesses(c, "PS "+v.pid)
	c.OK("KILL -s KILL " + v.pid)
	require.Equal(t, syscall.SIGKILL, v.endedBy(t))
}

// A pid may belong to another process than when it was listed.
func TestKillOfAnotherNameIsRefused(t *testing.T) {
	c := remotetest.New(t, false).Client(t)
	v := newVictim(t, "sleep", "600")
	_, e := c.Fails("KILL --name firefox "+v.pid, codec.Changed)
	require.Equal(t, v.pid+": it is sleep now, and not firefox", e.Error())
	listProcesses(c, "PS "+v.pid)
	require.True(t, v.lives())
	c.OK("KILL --name sleep " + v.pid)
	v.endedBy(t)
	_, e = c.Fails("KILL --name sleep "+v.pid, codec.NotFound)
	require.Equal(t, v.pid+": no such process", e.Error())
}

func TestKillOfSeveral(t *testing.T) {
	c := remotetest.New(t, false).Client(t)
	one, two := newVictim(t, "sleep", "600"), newVictim(t, "sleep", "600")
	got, e := c.Fails(fmt.Sprintf("KILL %s %d %s", one.pid, os.Getpid(), two.pid), codec.Partial)
	require.Equal(
		t,
		[]string{
			fmt.Sprintf("not-allowed %d \"it is techshd itself, without which nobody can connect\"\n", os.Getpid()),
		},
		got.Notes,
	)
	done, _ := e.More.Int("done")
	require.EqualValues(t, 2, done)
	one.endedBy(t)
	two.endedBy(t)
}

func TestPsShowsZombies(t *testing.T) {
	c := remotetest.New(t, false).Client(t)
	cmd := exec.Command("true")
	require.NoError(t, cmd.Start())
	pid := strconv.Itoa(cmd.Process.Pid)
	remotetest.Eventually(t, "it is no zombie", func() bool {
		state, _ := listProcesses(c, "PS "+pid)[pid].More.Get("state")
		return state == "zombie"
	})
	require.NoError(t, cmd.Wait())
	c.Fails("PS "+pid, codec.NotFound)
}

// Even if the name of a program has a megabyte, the list must be complete.
func TestLongNamesOfProcessesAreCut(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("others keep short names")
	}
	c := remotetest.New(t, false).Client(t)
	sleep, err := exec.LookPath("sleep")
	require.NoError(t, err)
	b, err := os.ReadFile(sleep)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), strings.Repeat("x", 15))
	require.NoError(t, os.WriteFile(path, b, 0o755))
	cmd := exec.Command(path, "600")
	cmd.Args[0] = strings.Repeat("x", 100_000)
	require.NoError(t, cmd.Start())
	defer func() { _ = cmd.Wait() }()
	pid := strconv.Itoa(cmd.Process.Pid)
	want := strings.Repeat("x", 255)
	require.Equal(t, want, listProcesses(c, "PS")[pid].Name)
	c.OK("KILL --name " + want + " " + pid)
}
