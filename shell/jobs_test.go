package shell

import (
	"context"
	"errors"
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
)

func TestAnAmpersandAtTheEndIsAnOperator(t *testing.T) {
	s, _, _ := testShell(t)
	for line, want := range map[string]string{
		"get a &":                     "get a|a",
		"get a\t&  ":                  "get a|a",
		`get "a b" 'c' &`:             `get "a b" 'c'|a b+c`,
		"get a&":                      "|a&",
		`get a "&"`:                   "|a+&",
		"get a & b":                   "|a+&+b",
		"get & &":                     "get &|&",
		"-get a &":                    "-get a|a",
		"sh a; echo &":                "sh a; echo|a; echo",
		`sh "sleep 1 &"`:              "|sleep 1 &",
		`sh "sleep 1 &" &`:            `sh "sleep 1 &"|sleep 1 &`,
		"sh -d x don't &":             "sh -d x don't|don't",
		"sh echo 'a &":                "|echo 'a &",
		"say you & me &":              "say you & me|you & me",
		"say you & me":                "|you & me",
		"!sleep 9 &":                  "|sleep 9 &", // that is for the shell here
		`echo a; -! "x y" ; 'z`:       `|a,|"x y" ; 'z`,
		"echo a & ; echo b &; echo c": "echo a|a,echo b|b,|c",
	} {
		commands, err := s.parse(line, grammar{separators: true})
		require.NoError(t, err, line)
		var got []string
		for _, c := range commands {
			var words []string
			for _, w := range c.Words {
				words = append(words, w.Text)
			}
			got = append(got, c.typed+"|"+strings.Join(words, "+"))
		}
		require.Equal(t, want, strings.Join(got, ","), line)
	}
}

func TestAWordOfACommandLineIsAWord(t *testing.T) {
	s, output, _ := testShell(t)
	c, err := s.argv([]string{"echo", "a", "&"})
	require.NoError(t, err)
	require.Empty(t, c.typed)
	require.Len(t, c.Words, 2)
	c, err = s.argv([]string{"!", "echo", "a", "-b"})
	require.NoError(t, err)
	require.NoError(t, s.run(t.Context(), c))
	require.Equal(t, "a -b\n", output())
}

func TestWhatCannotRunBesideThePromptIsRefusedBeforeAnythingIsSent(t *testing.T) {
	s, output, _ := testShell(t)
	for _, line := range []string{"open", "close", "lcd /", "lpwd", "ldir", "history", "source x", "help", "exit", "jobs", "fg", "kill %1"} {
		require.Error(t, s.does(t, line+" &"))
		require.Equal(t, strings.Fields(line)[0]+": &: only what asks the remote can run beside the prompt\n", output())
	}
	require.Error(t, s.does(t, "cd logs &"))
	require.Equal(t, "cd: &: beside the prompt it would move nothing but itself\n", output())
	require.Error(t, s.does(t, "&"))
	require.Error(t, s.does(t, "sh &"))
}

// gated is a command that ends, with that line, once open is called.
func gated(tree, line string) (command string, open func(t *testing.T)) {
	gate := filepath.Join(tree, "gate-"+fmt.Sprint(time.Now().UnixNano()))
	return "sh while [ ! -e " + gate + " ]; do sleep 0.01; done; " + line, func(t *testing.T) {
		t.Helper()
		require.NoError(t, os.WriteFile(gate, nil, 0o600))
	}
}

func TestAScriptReportsItsJobsAndWaitsForThem(t *testing.T) {
	s, output, tree := testShell(t)
	wait, open := gated(tree, "pwd; exit 3")
	require.NoError(t, s.does(t, "cd logs"))
	require.NoError(t, s.does(t, wait+" &"))
	require.NoError(t, s.does(t, "cd .."))
	require.NoError(t, s.does(t, "-get nowhere &"), "the prompt's line goes on")
	require.NoError(t, s.does(t, "echo meanwhile"))
	require.Contains(t, output(), "meanwhile\n")
	open(t)
	err := s.settle(t.Context())
	program, ok := errors.AsType[*exitError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, 3, program.status)
	require.True(t, alreadySaid(err))
	text := output()
	require.Contains(t, text, "/home/ann/logs\nsh: while", "in the folder where it was started")
	require.Contains(t, text, ": exit status 3\n")
	require.Empty(t, s.jobs.all())
}

func TestAJobThatMayFailIsNotCounted(t *testing.T) {
	s, output, _ := testShell(t)
	require.NoError(t, s.does(t, "-get nowhere &"))
	require.NoError(t, s.settle(t.Context()))
	require.Equal(t, "get: nowhere: no such file or folder\n", output())
}

func TestTheStreamsOfAJobStayApart(t *testing.T) {
	s, output, _ := testShell(t)
	errs, err := os.Create(filepath.Join(t.TempDir(), "errors"))
	require.NoError(t, err)
	defer errs.Close()
	s.Err.File = errs
	require.NoError(t, s.does(t, "sh echo data; echo words >&2; printf open &"))
	require.NoError(t, s.settle(t.Context()))
	require.Equal(t, "data\nopen", output())
	said, err := os.ReadFile(errs.Name())
	require.NoError(t, err)
	require.Equal(t, "words\n", string(said))
}

func TestAnEndedContextCancelsTheJobsOfAScript(t *testing.T) {
	s, _, _ := testShell(t)
	require.NoError(t, s.does(t, "exec sleep 60 &"))
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(errInterrupted)
	require.ErrorIs(t, s.settle(ctx), errInterrupted)
	require.Empty(t, s.jobs.all())
}

func TestTheEndCancelsWhatStillRuns(t *testing.T) { // that it is gone is what goleak sees
	s, _, _ := testShell(t)
	require.NoError(t, s.does(t, "exec sleep 60 &"))
	j := s.jobs.all()[0]
	s.end()
	require.True(t, j.isOver())
	require.ErrorIs(t, j.err, errInterrupted)
}

func TestThereIsRoomForSoManyJobs(t *testing.T) {
	s, output, _ := testShell(t)
	for range maxJobs {
		require.NoError(t, s.does(t, "exec sleep 60 &"))
	}
	require.Error(t, s.does(t, "exec sleep 60 &"))
	require.Equal(t, "exec: 7 jobs are running, which is the most\n  fg waits for one, kill %N cancels one\n", output())
	require.NoError(t, s.does(t, "kill %3"))
	require.NoError(t, s.does(t, "exec true &"))
	require.NoError(t, s.does(t, "fg %8"), "whether that has ended or not")
	s.cancelJobs()
	require.NoError(t, s.settle(t.Context()), "what was cancelled has not failed")
	require.Empty(t, output())
}

// A job of a script may have ended when its turn comes, or not: the script must
// not notice.
func TestAScriptWaitsForJobsThatHaveEnded(t *testing.T) {
	s, output, _ := testShell(t)
	require.NoError(t, s.does(t, "exec echo one &"))
	<-s.jobs.all()[0].ended
	require.NoError(t, s.does(t, "echo reaps"))
	require.Empty(t, s.jobs.all())
	require.NoError(t, s.does(t, "-exec false &"))
	<-s.jobs.all()[0].ended
	require.NoError(t, s.does(t, "echo reaps"))
	require.Equal(t, "reaps\none\nreaps\nexec: false: exit status 1\n", output())
	require.NoError(t, s.does(t, "fg %1"))
	program, failed := errors.AsType[*exitError](s.does(t, "fg %2"))
	require.True(t, failed)
	require.Equal(t, 1, program.status)
	_, failed = errors.AsType[*exitError](s.does(t, "fg"))
	require.True(t, failed, "the newest")
	require.Empty(t, output(), "it has been said")
	require.Error(t, s.does(t, "fg %3"))
	require.NoError(t, s.settle(t.Context()))
}

func TestAServerWithoutRoomSaysSo(t *testing.T) {
	s, output, _ := pairedShell(t, &remote.Server{SessionsEach: 2}, trust.AllRights)
	require.NoError(t, s.does(t, "exec sleep 60 &"))
	require.Error(t, s.does(t, "exec sleep 60 &"))
	require.Contains(t, output(), "exec: connection: bob-laptop has 2 connections already, the most is 2\n")
	require.NoError(t, s.does(t, "kill %1"))
	require.Eventually(t, func() bool { return s.does(t, "exec true &") == nil }, testTimeout, 5*time.Millisecond, "the server sees in its own time that the other has gone")
	require.NoError(t, s.settle(t.Context()))
}

func TestAJobNeedsAConnection(t *testing.T) {
	s, output, _ := testShell(t)
	s.hangUp()
	require.Error(t, s.does(t, "get notes.txt &"))
	require.Equal(t, "get: not connected\n  open connects again\n", output())
}

func TestJobsAreFoundByNumber(t *testing.T) {
	s, output, _ := testShell(t)
	for _, line := range []string{"fg", "kill %1", "fg 1"} {
		require.Error(t, s.does(t, line))
		require.Contains(t, output(), "no job is running")
	}
	require.NoError(t, s.does(t, "exec sleep 60 &"))
	for _, text := range []string{"%2", "%0", "%", "%x", "%1%"} {
		require.Error(t, s.does(t, "kill "+text))
		require.Contains(t, output(), text+": no job has that number\n  jobs lists them\n")
	}
	require.NoError(t, s.does(t, "jobs"))
	require.Regexp(t, `^\[1\] running  0:0\d  exec sleep 60\n$`, output())
	require.NoError(t, s.does(t, "kill %1"))
}

func TestFgShowsWhatThereIsAndWhatComes(t *testing.T) {
	s, output, tree := testShell(t)
	wait, open := gated(tree, "echo second; exit 3")
	require.NoError(t, s.does(t, "sh echo first; "+strings.TrimPrefix(wait, "sh ")+" &"))
	j := s.jobs.all()[0]
	require.Eventually(t, func() bool { return j.printed.progress() == "6 B of output" }, testTimeout, time.Millisecond)
	require.Empty(t, output(), "not before it ends")
	done := make(chan error)
	go func() { done <- s.does(t, "fg") }()
	text := ""
	require.Eventually(t, func() bool { text += output(); return text == "first\n" }, testTimeout, time.Millisecond)
	open(t)
	err := <-done
	program, ok := errors.AsType[*exitError](err)
	require.True(t, ok, "%v", err)
	require.Equal(t, 3, program.status)
	require.Regexp(t, `^second\nsh: .*: exit status 3\n$`, output())
	require.NoError(t, s.settle(t.Context()), "it is counted once")
}

func TestCtrlCInFgCancelsTheJobAndNotTheSession(t *testing.T) {
	s, output, _ := testShell(t)
	interrupts := make(chan os.Signal, 1)
	s.Interrupts = interrupts
	require.NoError(t, s.does(t, "sh echo begun; exec sleep 60 &"))
	done := make(chan error)
	go func() { done <- s.does(t, "fg") }()
	require.Eventually(t, func() bool { return output() == "begun\n" }, testTimeout, time.Millisecond)
	interrupts <- os.Interrupt
	require.ErrorIs(t, <-done, errInterrupted)
	require.Empty(t, s.jobs.all())
	require.NoError(t, s.does(t, "ping"))
}

func TestALostLinkFailsTheJobAlone(t *testing.T) {
	addr, _ := plainServer(t)
	var last net.Conn
	s, output, _ := shellTo(t, func(ctx context.Context, _ string, _ func(string) (string, error)) (_ io.ReadWriteCloser, _ link.Opening, err error) {
		last, err = new(net.Dialer).DialContext(ctx, "tcp", addr)
		return last, link.Opening{Cookie: cookie}, err
	})
	require.NoError(t, s.does(t, "exec sleep 60 &"))
	require.NoError(t, last.Close())
	require.ErrorIs(t, s.settle(t.Context()), link.ErrLost)
	require.Contains(t, output(), "exec: the link was lost")
	require.NoError(t, s.does(t, "ping"))
}

func TestAJobHasNoInputAndAsksNothing(t *testing.T) {
	s, output, tree := testShell(t)
	require.NoError(t, s.does(t, "put - x &"))
	require.Error(t, s.settle(t.Context()))
	require.Contains(t, output(), "a job has none")
	require.NoFileExists(t, filepath.Join(tree, "x"))
}

func TestWhatAJobPrintsIsBounded(t *testing.T) {
	s, output, _ := testShell(t)
	require.NoError(t, s.does(t, "exec seq 1 100000 &"))
	require.NoError(t, s.settle(t.Context()))
	text := output()
	first, rest, _ := strings.Cut(text, "\n")
	require.Regexp(t, `^the first 51\d KiB of what it printed are left out$`, first)
	require.LessOrEqual(t, len(rest), maxCollected)
	require.Greater(t, len(rest), maxCollected-10)
	require.True(t, strings.HasSuffix(text, "\n99999\n100000\n"))
	number, _, _ := strings.Cut(rest, "\n")
	require.Len(t, number, 5, "whole lines")
}

func TestProgressIsNoOutput(t *testing.T) {
	var c collected
	out, errs := collecting{&c, false}, collecting{&c, true}
	write := func(w io.Writer, text string) {
		_, err := io.WriteString(w, text)
		require.NoError(t, err)
	}
	write(out, "one\n")
	require.Equal(t, "4 B of output", c.progress())
	write(errs, "\r 50% of 2 MiB\x1b[K")
	write(errs, "two\n")
	write(out, "\rthree\n")
	require.Equal(t, "50% of 2 MiB", c.progress())
	write(errs, "\r\x1b[K")
	require.Equal(t, "15 B of output", c.progress())
	c.tell("so far")
	c.tell("at last")
	var a, b strings.Builder
	require.NoError(t, c.pass(&a, &b))
	require.Equal(t, "one\n\rthree\n", a.String())
	require.Equal(t, "two\nso far\n", b.String())
	require.Equal(t, "at last", c.told)
	write(errs, "\r 99%\x1b[K")
	require.Equal(t, "two\nso far\n\r 99%\x1b[K", b.String(), "in the foreground it is drawn")
}
