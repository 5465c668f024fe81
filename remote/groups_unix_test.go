//go:build unix

// On Windows there are no process groups, and what a program leaves running is not ended.

package remote_test

import (
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/remotetest"
)

// A grandchild in a process group of its own cannot be killed with the others, and must
// not delay the answer.
func TestGrandchildInAnotherGroupDoesNotHoldTheAnswer(t *testing.T) {
	t.Parallel()
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		for _, line := range []string{
			"setsid sh -c 'echo pid $$; exec sleep 1000' &",
			"setsid sh -c 'echo pid $$; exec sleep 1000' & sleep 1000",
			"setsid sh -c 'echo pid $$; exec yes' & sleep 1000",
		} {
			c := h.Raw(t)
			require.NoError(t, c.WriteWords(codec.MakeVerb("SH"), codec.Lit(line)))
			require.NoError(t, c.Flush())
			text, pid := "", 0
			for pid == 0 {
				text += c.Next(t).Body
				if at := strings.Index(text, "pid "); at >= 0 && strings.Contains(text[at:], "\n") {
					_, err := fmt.Sscan(text[at+len("pid "):], &pid)
					require.NoError(t, err)
				}
			}
			began := time.Now()
			c.Say(t, "STOP")
			for g := c.Next(t); g.Verb != codec.ERR && g.Verb != codec.OK; g = c.Next(t) {
			}
			require.Less(t, time.Since(began), remotetest.Timeout)
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
}

// As above, but the answer waits for the client to read when the call is cancelled.
func TestEndlessGrandchildInAnotherGroupDoesNotHoldTheAnswer(t *testing.T) {
	t.Parallel()
	conn := remotetest.New(t, false).Dial(t)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(remotetest.Timeout)))
	c := codec.NewConn(conn)
	_, err := c.ReadFrame()
	require.NoError(t, err)
	require.NoError(t, c.WriteWords(codec.MakeVerb("SH"), codec.Lit("setsid yes & echo pids $$ $!; sleep 1000")))
	require.NoError(t, c.Flush())
	text, shell, pid := "", 0, 0
	for pid == 0 || !strings.Contains(text, "y\n") { // then it is in its own group
		f, err := c.ReadFrame()
		require.NoError(t, err)
		text += string(f.Body)
		if at := strings.Index(text, "pids "); at >= 0 && strings.Contains(text[at:], "\n") {
			_, err := fmt.Sscan(text[at+len("pids "):], &shell, &pid)
			require.NoError(t, err)
		}
	}
	defer func() { _ = syscall.Kill(pid, syscall.SIGKILL) }()
	require.NoError(t, c.WriteWords(codec.STOP))
	require.NoError(t, c.Flush())
	// until it is reaped; the client reads nothing meanwhile
	remotetest.Eventually(t, "the shell is left", func() bool { return syscall.Kill(shell, 0) != nil })
	for {
		f, err := c.ReadFrame()
		require.NoError(t, err, "there is no answer")
		if f.Verb == codec.ERR {
			break
		}
	}
}

func TestGrandchildThatHoldsThePipeIsEndedWithANote(t *testing.T) {
	t.Parallel()
	remotetest.OverEach(t, func(t *testing.T, h *remotetest.Remote) {
		c := h.Client(t)
		got := c.OK("SH 'sleep 1000 & echo $!'")
		_, told := got.Pairs.Get("note")
		require.True(t, told, "%v", got.Pairs)
		exit, _ := got.Pairs.Get("exit")
		require.Equal(t, "0", exit)
		pid, err := strconv.Atoi(strings.TrimSpace(got.Data))
		require.NoError(t, err)
		remotetest.Eventually(t, "the grandchild is left", func() bool { return remotetest.ProcessGone(pid) })
	})
}
