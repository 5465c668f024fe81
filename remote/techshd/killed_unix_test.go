//go:build unix

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/remote/remotetest"
)

// begin makes a call whose program prints pids in one line, and returns them.
func begin(t *testing.T, l *link.Link, line string) (pids []int) {
	r, text, whole := remotetest.NewRequest(t, line), "", make(chan string, 1)
	r.Recv = func(f codec.Frame) error {
		if f.Verb == codec.DATA {
			text += string(f.Body)
		}
		if strings.HasSuffix(text, "\n") {
			select {
			case whole <- text:
			default:
			}
		}
		return nil
	}
	done := make(chan error, 1)
	go func() {
		_, err := l.Do(t.Context(), r)
		done <- err
	}()
	t.Cleanup(func() { <-done })
	select {
	case text = <-whole:
	case err := <-done:
		done <- err
		require.NoError(t, err, line)
	}
	for _, field := range strings.Fields(text) {
		pid, err := strconv.Atoi(field)
		require.NoError(t, err, "%s: %q", line, text)
		pids = append(pids, pid)
		t.Cleanup(func() { _ = syscall.Kill(pid, syscall.SIGKILL) }) // in case it is left
	}
	return pids
}

// requireGone waits until processes have ended.
func requireGone(t *testing.T, what string, pids []int) {
	t.Helper()
	require.NotEmpty(t, pids)
	for _, pid := range pids {
		remotetest.Eventually(t, fmt.Sprintf("%s: process %d is left", what, pid),
			func() bool { return remotetest.ProcessGone(pid) })
	}
}

// programsOfAll are calls of programs in all the ways in which a session ends them.
func programsOfAll() map[string]string {
	return map[string]string{
		"a program":                 `EXEC sh -c 'echo $$; exec sleep 1000'`,
		"one with input":            `EXEC -i sh -c 'echo $$; exec sleep 1000'`,
		"one that ignores TERM":     `EXEC sh -c 'trap "" TERM HUP; echo $$; while :; do sleep 1; done'`,
		"one with children":         `SH 'sleep 1000 & sleep 1001 & echo $$ $!; wait'`,
		"a pipeline":                `SH 'sleep 1000 | sh -c "echo \$PPID \$\$; exec sleep 1001"'`,
		"a child that ignores TERM": `SH '(trap "" TERM; while :; do sleep 1; done) & echo $$ $!; wait'`,
		"a child of one that ended": `SH 'sleep 1000 & echo $!'`,
		"one in a terminal":         `EXEC -t 80x24 sh -c 'sleep 1000 & sleep 1001 & echo $$ $!; wait'`,
		"one that ignores a hangup": `SH -t 80x24 'trap "" TERM HUP; echo $$; while :; do sleep 1; done'`,
		"the jobs of a shell":       `SH -t 80x24 'set -m; sleep 1000 & echo $$ $!; sleep 1001'`,
	}
}

func TestKilledServerLeavesNoProgramsButTheStartedOnes(t *testing.T) {
	p := startPaused(t)
	running := map[string][]int{}
	for name, line := range programsOfAll() {
		running[name] = begin(t, p.open(t), line)
	}
	file := filepath.Join(p.cmd.Dir, "pid")
	require.NoError(t, call(t, p.open(t), "RUN", "sh", "-c", "echo $$ >tmp; mv tmp pid; exec sleep 1000"))
	remotetest.Eventually(t, "it is not started", func() bool {
		_, err := os.Stat(file)
		return err == nil
	})
	require.NoError(t, p.cmd.Process.Kill())
	for name, pids := range running {
		requireGone(t, name, pids)
	}
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	started, err := strconv.Atoi(strings.TrimSpace(string(text)))
	require.NoError(t, err)
	require.False(t, remotetest.ProcessGone(started), "it was started, so that it goes on")
	require.NoError(t, syscall.Kill(started, syscall.SIGKILL))
}

// A carried is a techshd --stdio whose streams are those of a carrier, which waits until
// they end.
type carried struct {
	cmd *exec.Cmd
	io.WriteCloser
	io.Reader
}

func (c carried) Close() error { return c.WriteCloser.Close() }

func TestKilledServerOnStandardInputAndOutputLeavesNoProgramsAndNoStreams(t *testing.T) {
	path, err := exec.LookPath("techshd")
	require.NoError(t, err)
	c := carried{cmd: exec.CommandContext(t.Context(), path, "--stdio")}
	c.cmd.Dir = t.TempDir()
	c.cmd.Env = append(os.Environ(), "HOME="+c.cmd.Dir)
	c.WriteCloser, err = c.cmd.StdinPipe()
	require.NoError(t, err)
	c.Reader, err = c.cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.cmd.Start())
	l, _, err := link.Open(t.Context(), c, link.Opening{})
	require.NoError(t, err)
	pids := begin(t, l, `EXEC sh -c 'trap "" TERM; echo $$; while :; do sleep 1; done'`)
	require.NoError(t, c.cmd.Process.Kill())
	<-l.Ended()
	requireGone(t, "a program", pids)
	_ = c.cmd.Wait()
}
