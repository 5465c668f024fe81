package shell_test

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote"
	"techsh/remote/access"
	"techsh/shell/shelltest"
)

// TestNotOfferedIsNotSuggested requires that help, completion, abbreviations and
// suggestions omit commands for which this user has no right.
func TestNotOfferedIsNotSuggested(t *testing.T) {
	s, _ := shelltest.NewPaired(t, &remote.Server{}, trust.Dir|trust.Get)
	require.NoError(t, s.Run("help"))
	text := s.Printed()
	require.Contains(t, text, "dir|ls ")
	for _, name := range []string{"exec|run", "sh ", "del|rm", "put ", "shot|", "info "} {
		require.NotContains(t, text, "\n"+name)
	}
	require.NoError(t, s.Run("st notes.txt"), "there is no start")
	s.Printed()
	require.Error(t, s.Run("exce ls"))
	require.Equal(t, "exce: unknown command\n  did you mean exit?\n", s.Printed())
	require.Error(t, s.Run("de"))
	require.NotContains(t, s.Printed(), "del")
}

// The error of the server explains that a right is missing.
func TestNotOfferedIsRefusedByTheServer(t *testing.T) {
	s, _ := shelltest.NewPaired(t, &remote.Server{}, trust.Dir|trust.Get)
	host := shelltest.Host(t)
	for line, right := range map[string]string{
		"exec ls":      "exec",
		"rm notes.txt": "del",
		"sh ls":        "exec",
		"start ls":     "exec",
		"displays":     "shot",
	} {
		require.Error(t, s.Run(line))
		name, _, _ := strings.Cut(line, " ")
		require.Equal(
			t,
			name+": bob-laptop may not "+right+" on "+host+" (may: dir get)\n"+
				"  its owner can invite you again with more rights\n",
			s.Printed(),
		)
	}
	require.NoError(t, s.Run("pwd"), "the session goes on")
}

func TestNewsIsShownOnATerminalOnly(t *testing.T) {
	for _, terminal := range []bool{true, false} {
		asked, answer := make(chan struct{}), make(chan access.Answer)
		ask := func(context.Context, access.Question) (access.Answer, error) {
			close(asked)
			return <-answer, nil
		}
		s, _ := shelltest.NewPaired(t, &remote.Server{Ask: ask}, trust.AllRights)
		s.Terminals(false, terminal)
		done := make(chan error)
		go func() { done <- s.Run("exec echo done") }()
		<-asked
		text := ""
		if terminal {
			text = s.PrintedUntil("being asked\n")
			assert.Contains(t, text, shelltest.Host(t)+": the person ")
		}
		answer <- access.Yes
		require.NoError(t, <-done)
		text += s.Printed()
		require.Contains(t, text, "done\n")
		require.Equal(t, terminal, strings.Contains(text, "being asked"))
	}
}

// News must neither appear in the middle of a program's output nor be overwritten.
func TestNewsStandsOnALineOfItsOwn(t *testing.T) {
	seen := make(chan struct{})
	news := func(c *codec.Conn, text string) {
		_ = c.WriteWords(codec.NEWS, codec.Bare("asking"), codec.Lit(text))
	}
	s, _ := shelltest.NewHostile(t, shelltest.Answers{"EXEC": func(c *codec.Conn, _ []codec.Word) {
		for _, step := range []func(){
			func() { news(c, "one") },
			func() { _ = c.Write(codec.DATA, []byte("open")) },
			func() { news(c, "two\x1b[2J") },
			func() { news(c, "three") },
			func() { _ = c.WriteWords(codec.OK, codec.Bare("exit=0")) },
		} {
			step()
			_ = c.Flush()
			select {
			case <-seen:
			case <-t.Context().Done():
			}
		}
	}})
	s.Terminals(true, true)
	done := make(chan error, 1)
	go func() { done <- s.Run("exec printf open") }()
	for _, part := range []string{"evil: one\n", "open", "\nevil: two\\x1b[2J\n", "evil: three\n"} {
		require.Equal(t, part, s.PrintedUntil(part))
		seen <- struct{}{}
	}
	close(seen)
	require.NoError(t, <-done)
}

func TestARevokedPeerIsToldWhy(t *testing.T) {
	t.Parallel()
	s, p := shelltest.NewPaired(t, &remote.Server{}, trust.AllRights)
	done := make(chan error)
	go func() { done <- s.Run("sh echo running; sleep 60") }()
	s.PrintedUntil("running")
	p.Revoke()
	require.Error(t, <-done)
	require.Equal(t, "sh: "+shelltest.Host(t)+" no longer lets this computer in: it was revoked\n"+
		"  ask its owner to run \"techshd invite\", then use \"techsh pair\" on this computer\n", s.Printed())
}

func TestAConnectionClosedDuringTheGreetingIsReported(t *testing.T) {
	s := shelltest.NewPlain(t)
	s.Does("cd .")
	for _, said := range []string{"", "HELO 00"} {
		s.Dial = func(context.Context, string, func(string) (string, error)) (
			io.ReadWriteCloser,
			link.Opening,
			error,
		) {
			near, far := net.Pipe()
			go func() {
				_, err := io.WriteString(far, said)
				far.Close()
				assert.True(t, said == "" || err == nil || errors.Is(err, io.ErrClosedPipe))
			}()
			return near, link.Opening{}, nil
		}
		require.Error(t, s.Run("open office-pc"))
		require.Equal(t, "open: office-pc: it closed the connection before it greeted\n", s.Printed())
	}
}
