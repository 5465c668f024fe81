package shell_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote"
	"techsh/shell"
	"techsh/shell/command"
	"techsh/shell/console"
	"techsh/shell/shelltest"
)

func TestCommandsThatCannotRunInTheBackgroundAreRefused(t *testing.T) {
	s := shelltest.NewPlain(t)
	for _, line := range []string{
		"open",
		"close",
		"lcd /",
		"lpwd",
		"ldir",
		"history",
		"source x",
		"help",
		"exit",
		"jobs",
		"fg",
		"kill %1",
	} {
		require.Error(t, s.Run(line+" &"))
		require.Equal(
			t,
			strings.Fields(line)[0]+": &: only commands that use the remote can run in the background\n",
			s.Printed(),
		)
	}
	require.Error(t, s.Run("cd logs &"))
	require.Equal(t, "cd: &: it has no effect in the background\n", s.Printed())
	require.Error(t, s.Run("&"))
	require.Error(t, s.Run("sh &"))
}

// gated returns a command that waits until open is called, and then runs line.
func gated(tree, line string) (command string, open func(t *testing.T)) {
	gate := filepath.Join(tree, "gate-"+fmt.Sprint(time.Now().UnixNano()))
	return "sh while [ ! -e " + gate + " ]; do sleep 0.01; done; " + line, func(t *testing.T) {
		t.Helper()
		require.NoError(t, os.WriteFile(gate, nil, 0o600))
	}
}

func TestAScriptReportsItsJobsAndWaitsForThem(t *testing.T) {
	s := shelltest.NewPlain(t)
	wait, open := gated(s.Tree, "pwd; exit 3")
	s.Does("cd logs")
	s.Does(wait + " &")
	s.Does("cd ..")
	require.NoError(t, s.Run("-get nowhere &"), "the prompt's line goes on")
	s.Does("echo meanwhile")
	require.Contains(t, s.Printed(), "meanwhile\n")
	open(t)
	require.Equal(t, shell.StatusFailed, s.Close())
	text := s.Printed()
	require.Contains(t, text, "/home/ann/logs\nsh: while", "in the folder where it was started")
	require.Contains(t, text, ": exit status 3\n")
}

func TestAJobThatMayFailIsNotCounted(t *testing.T) {
	s := shelltest.NewPlain(t)
	require.Zero(t, s.Batch(t.Context(), shelltest.Line("-get nowhere &")))
	require.Equal(t, "get: nowhere: no such file or folder\n", s.Printed())
}

func TestTheStreamsOfAJobStayApart(t *testing.T) {
	s := shelltest.NewPlain(t)
	errs, err := os.Create(filepath.Join(t.TempDir(), "errors"))
	require.NoError(t, err)
	defer errs.Close()
	s.Configure = func(sh *shell.Shell) { sh.Err.File = errs }
	require.Zero(t, s.Batch(t.Context(), shelltest.Line("sh echo data; echo words >&2; printf open &")))
	require.Equal(t, "data\nopen", s.Printed())
	printed, err := os.ReadFile(errs.Name())
	require.NoError(t, err)
	require.Equal(t, "words\n", string(printed))
}

func TestCtrlCCancelsTheJobsOfAScript(t *testing.T) {
	s := shelltest.NewPlain(t)
	status := make(chan int)
	go func() { status <- s.Batch(t.Context(), shelltest.Line("exec sleep 60 &; echo begun")) }()
	s.PrintedUntil("begun")
	for ended := false; !ended; {
		select {
		case got := <-status:
			require.Equal(t, shell.StatusInterrupted, got)
			ended = true
		case s.Interrupts <- os.Interrupt: // an interrupt that echo consumes comes before the script waits for the job
			time.Sleep(time.Millisecond)
		}
	}
}

func TestTheEndOfTheShellCancelsJobs(t *testing.T) { // goleak detects a job that still runs
	s := shelltest.NewPlain(t)
	s.Does("exec sleep 60 &")
}

func TestTheNumberOfJobsIsLimited(t *testing.T) {
	s := shelltest.NewPlain(t)
	for range 7 {
		s.Does("exec sleep 60 &")
	}
	require.Error(t, s.Run("exec sleep 60 &"))
	require.Equal(
		t,
		"exec: 7 jobs are running, which is the limit\n  fg waits for one, kill %N cancels one\n",
		s.Printed(),
	)
	s.Does("kill %3")
	s.Does("exec true &")
	require.NoError(t, s.Run("fg %8"), "whether that has ended or not")
	for _, n := range []int{1, 2, 4, 5, 6, 7} {
		s.Does(fmt.Sprintf("kill %%%d", n))
	}
	require.Zero(t, s.Close(), "what was cancelled has not failed")
	require.Empty(t, s.Printed())
}

// The result of a script must not depend on whether a job has already ended.
func TestAScriptWaitsForJobsThatHaveEnded(t *testing.T) {
	s := shelltest.NewPlain(t)
	s.Does("exec echo one &")
	require.Eventually(t, func() bool {
		s.Does("echo reaps")
		return strings.Contains(s.Printed(), "one\n")
	}, shelltest.Timeout, time.Millisecond)
	s.Does("-exec false &")
	require.Eventually(t, func() bool {
		s.Does("echo reaps")
		return strings.Contains(s.Printed(), "exec: false: exit status 1\n")
	}, shelltest.Timeout, time.Millisecond)
	s.Does("fg %1")
	program := new(command.ExitError)
	require.ErrorAs(t, s.Run("fg %2"), &program)
	require.Equal(t, 1, program.Status)
	require.ErrorAs(t, s.Run("fg"), &program, "the newest")
	require.Empty(t, s.Printed(), "it has been printed")
	require.Error(t, s.Run("fg %3"))
	require.Equal(t, shell.StatusFailed, s.Close())
}

func TestAServerWithoutRoomSaysSo(t *testing.T) {
	s, _ := shelltest.NewPaired(t, &remote.Server{SessionsEach: 2}, trust.AllRights)
	s.Does("exec sleep 60 &")
	require.Error(t, s.Run("exec sleep 60 &"))
	require.Contains(t, s.Printed(), "exec: connection: bob-laptop has 2 connections already, the limit is 2\n")
	s.Does("kill %1")
	require.Eventually(t, func() bool {
		return s.Run("exec true &") == nil
	}, shelltest.Timeout, 5*time.Millisecond,
		"the server sees in its own time that the other has gone")
	require.Zero(t, s.Close())
}

func TestAJobNeedsAConnection(t *testing.T) {
	s := shelltest.NewPlain(t)
	s.Does("close")
	require.Error(t, s.Run("get notes.txt &"))
	require.Equal(t, "get: not connected\n  open connects again\n", s.Printed())
}

func TestJobsAreFoundByNumber(t *testing.T) {
	s := shelltest.NewPlain(t)
	for _, line := range []string{"fg", "kill %1", "fg 1"} {
		require.Error(t, s.Run(line))
		require.Contains(t, s.Printed(), "no job is running")
	}
	require.NoError(t, s.Run("exec sleep 60 &"))
	for _, text := range []string{"%2", "%0", "%", "%x", "%1%"} {
		require.Error(t, s.Run("kill "+text))
		require.Contains(t, s.Printed(), text+": no job has that number\n  jobs lists them\n")
	}
	require.NoError(t, s.Run("jobs"))
	require.Regexp(t, `^\[1\] running  0:0\d  exec sleep 60\n$`, s.Printed())
	require.NoError(t, s.Run("kill %1"))
}

func TestFgShowsKeptAndLaterOutput(t *testing.T) {
	s := shelltest.NewPlain(t)
	wait, open := gated(s.Tree, "echo second; exit 3")
	s.Does("sh echo first; " + strings.TrimPrefix(wait, "sh ") + " &")
	require.Eventually(
		t,
		func() bool { return strings.Contains(s.Says("jobs"), "  6 B of output") },
		shelltest.Timeout,
		time.Millisecond,
	)
	require.Empty(t, s.Printed(), "not before it ends")
	done := make(chan error)
	go func() { done <- s.Run("fg") }()
	require.Equal(t, "first\n", s.PrintedUntil("first\n"))
	open(t)
	program := new(command.ExitError)
	require.ErrorAs(t, <-done, &program)
	require.Equal(t, 3, program.Status)
	require.Regexp(t, `^second\nsh: .*: exit status 3\n$`, s.Printed())
}

func TestCtrlCInFgCancelsTheJobAndNotTheSession(t *testing.T) {
	s := shelltest.NewPlain(t)
	s.Does("sh echo begun; exec sleep 60 &")
	done := make(chan error)
	go func() { done <- s.Run("fg") }()
	s.PrintedUntil("begun\n")
	s.Interrupt()
	require.ErrorIs(t, <-done, console.ErrInterrupted)
	require.Contains(t, s.Says("fg"), "no job is running")
	require.NoError(t, s.Run("ping"))
}

func TestALostLinkFailsTheJobAlone(t *testing.T) {
	addr, _ := shelltest.PlainServer(t)
	var last net.Conn
	s := shelltest.New(t, func(
		ctx context.Context, _ string, _ func(string) (string, error),
	) (_ io.ReadWriteCloser, _ link.Opening, err error) {
		last, err = new(net.Dialer).DialContext(ctx, "tcp", addr)
		return last, link.Opening{Cookie: shelltest.Cookie}, err
	})
	s.Does("exec sleep 60 &")
	require.NoError(t, last.Close())
	require.ErrorIs(t, s.Run("fg"), link.ErrLost)
	require.Contains(t, s.Printed(), "the link was lost")
	require.NoError(t, s.Run("ping"))
}

func TestAJobHasNoInputAndAsksNothing(t *testing.T) {
	s := shelltest.NewPlain(t)
	require.NotZero(t, s.Batch(t.Context(), shelltest.Line("put - x &")))
	require.Contains(t, s.Printed(), "a job has none")
	require.NoFileExists(t, filepath.Join(s.Tree, "x"))
}

func TestTheOutputOfAJobIsBounded(t *testing.T) {
	s := shelltest.NewPlain(t)
	require.Zero(t, s.Batch(t.Context(), shelltest.Line("exec seq 1 100000 &")))
	const most = 64 << 10
	text := s.Printed()
	first, rest, _ := strings.Cut(text, "\n")
	require.Regexp(t, `^the first 51\d KiB of the output are left out$`, first)
	require.LessOrEqual(t, len(rest), most)
	require.Greater(t, len(rest), most-10)
	require.True(t, strings.HasSuffix(text, "\n99999\n100000\n"))
	number, _, _ := strings.Cut(rest, "\n")
	require.Len(t, number, 5, "whole lines")
}
