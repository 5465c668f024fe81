package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/remote/remotetest"
)

// processesWith returns the pids of the processes whose arguments contain a text.
func processesWith(t *testing.T, text string) (pids []int) {
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	require.NoError(t, err)
	for _, file := range files {
		words, _ := os.ReadFile(file) // fails if the process has just ended
		pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if strings.Contains(strings.ReplaceAll(string(words), "\x00", " "), text) && !remotetest.ProcessGone(pid) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// guardianOf waits for the guardian of a server, other than the process not.
func guardianOf(t *testing.T, server, not int) (pid int) {
	remotetest.Eventually(t, "there is no guardian", func() bool {
		pids := processesWith(t, fmt.Sprintf("techshd --guard-programs-of %d ", server))
		if len(pids) == 1 {
			pid = pids[0]
		}
		return pid > 0 && pid != not
	})
	return pid
}

func TestGuardianOutlivesTheSignalsThatEndAServer(t *testing.T) {
	p := startPaused(t)
	pids := begin(t, p.open(t), `EXEC sh -c 'echo $$; exec sleep 1000'`)
	guardian := guardianOf(t, p.cmd.Process.Pid, 0)
	remotetest.Eventually(t, "it does not begin", func() bool {
		name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", guardian))
		return string(name) == "program-guard\n"
	})
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		require.NoError(t, syscall.Kill(guardian, sig))
	}
	require.NoError(t, p.cmd.Process.Kill())
	requireGone(t, "a program", pids)
	requireGone(t, "the guardian", []int{guardian})
}

func TestGuardianThatWasKilledIsReplacedAndToldAllPrograms(t *testing.T) {
	p := startPaused(t)
	pids := begin(t, p.open(t), `EXEC sh -c 'echo $$; exec sleep 1000'`)
	first := guardianOf(t, p.cmd.Process.Pid, 0)
	require.NoError(t, syscall.Kill(first, syscall.SIGKILL))
	second := guardianOf(t, p.cmd.Process.Pid, first)
	pids = append(pids, begin(t, p.open(t), `EXEC sh -c 'echo $$; exec sleep 1000'`)...)
	require.NoError(t, p.cmd.Process.Kill())
	requireGone(t, "a program", pids)
	requireGone(t, "the guardian", []int{second})
}

func TestServerThatIsStoppedLeavesNoProgramsAndNoGuardian(t *testing.T) {
	p := startPaused(t)
	pids := begin(t, p.open(t), `EXEC sh -c 'echo $$; exec sleep 1000'`)
	guardian := guardianOf(t, p.cmd.Process.Pid, 0)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	_ = p.cmd.Wait()
	require.True(t, remotetest.ProcessGone(pids[0]))
	require.True(t, remotetest.ProcessGone(guardian))
}

func TestKilledServerLeavesNoProgramsThatLeftTheirGroup(t *testing.T) {
	p := startPaused(t)
	running := map[string][]int{}
	for name, line := range map[string]string{
		"a session":                      `SH 'setsid sleep 1000 & echo $$ $!; wait'`,
		"a session in a session":         `SH 'setsid sh -c "setsid sleep 1000 & echo \$! \$\$; wait" & wait'`,
		"a session that ignores TERM":    `SH 'setsid sh -c "trap \"\" TERM; echo \$\$; while :; do sleep 1; done" & wait'`,
		"a job whose parent has ended":   `SH 'sh -c "set -m; sleep 1000 & echo \$!"; sleep 1001'`,
		"a job of a terminal, of no one": `SH -t 80x24 'sh -c "set -m; sleep 1000 & echo \$!"; sleep 1001'`,
	} {
		running[name] = begin(t, p.open(t), line)
	}
	require.NoError(t, p.cmd.Process.Kill())
	for name, pids := range running {
		requireGone(t, name, pids)
	}
}

// The server may be killed when it has started a program and not told the guardian yet.
func TestServerThatIsKilledWhileItStartsAProgramLeavesNone(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for n := range remotetest.Rounds(200, 4) {
		p := startPaused(t)
		l := p.open(t)
		require.NoError(t, call(t, l, "EXEC", "true"))
		guardian := guardianOf(t, p.cmd.Process.Pid, 0)
		unique := fmt.Sprintf("1000.%d%d", os.Getpid(), n)
		done := make(chan error, 1)
		go func() { done <- call(t, l, "EXEC", "sleep", unique) }()
		time.Sleep(time.Duration(random.Int64N(int64(4 * time.Millisecond))))
		require.NoError(t, p.cmd.Process.Kill())
		require.Error(t, <-done)
		_ = p.cmd.Wait()
		requireGone(t, "the guardian", []int{guardian})
		require.Empty(t, processesWith(t, "sleep "+unique))
	}
}
