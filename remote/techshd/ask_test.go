//go:build unix

package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/stretchr/testify/require"

	"techsh/remote"
)

// A person sits at a terminal and sees what the console shows.
type person struct {
	t     *testing.T
	clerk *clerk
	keys  *os.File
	seen  *view // what the console shows
	echo  *view // what the terminal shows of what is typed
}

// A view is text that grows.
type view struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // has room for one
}

func newPerson(t *testing.T) *person {
	keys, terminal, err := pty.Open()
	require.NoError(t, err)
	p := &person{t: t, keys: keys, seen: &view{changed: make(chan struct{}, 1)}, echo: &view{changed: make(chan struct{}, 1)}}
	ctx, cancel := context.WithCancel(t.Context())
	p.clerk = newClerk(ctx, newConsole(p.seen, false), terminal)
	echoed := make(chan struct{})
	go func() { _, _ = io.Copy(p.echo, keys); close(echoed) }()
	t.Cleanup(func() {
		cancel()
		terminal.Close()
		<-p.clerk.ended
		<-echoed
		keys.Close()
	})
	return p
}

func (v *view) Write(b []byte) (int, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	defer func() {
		select {
		case v.changed <- struct{}{}:
		default:
		}
	}()
	return v.text.Write(b)
}

func (v *view) String() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.text.String()
}

// shows waits until something is there n times.
func (v *view) shows(t *testing.T, n int, what string) {
	t.Helper()
	late := time.After(patience)
	for strings.Count(v.String(), what) < n {
		select {
		case <-v.changed:
		case <-late:
			require.Fail(t, "not to be seen: "+what, v.String())
		}
	}
}

// sees waits until the console has shown something n times.
func (p *person) sees(n int, what string) {
	p.t.Helper()
	p.seen.shows(p.t, n, what)
}

func (p *person) types(text string) {
	p.t.Helper()
	_, err := p.keys.WriteString(text)
	require.NoError(p.t, err)
}

// typesAhead types, and waits until the terminal has it.
func (p *person) typesAhead(text string) {
	p.t.Helper()
	before := strings.Count(p.echo.String(), "y")
	p.types(text)
	p.echo.shows(p.t, before+strings.Count(text, "y"), "y")
}

// A reply is what comes of a question.
type reply struct {
	answer remote.Answer
	err    error
}

// asked asks about a program, and returns where the answer comes.
func (p *person) asked(ctx context.Context, program string) <-chan reply {
	c := make(chan reply, 1)
	go func() {
		a, err := p.clerk.ask(ctx, remote.Question{Peer: "bob-laptop", Verb: "exec", Words: program})
		c <- reply{a, err}
	}()
	return c
}

func (p *person) gets(c <-chan reply) reply {
	p.t.Helper()
	select {
	case r := <-c:
		return r
	case <-time.After(patience):
		require.Fail(p.t, "no answer", p.seen.String())
		return reply{}
	}
}

func TestAPersonAnswers(t *testing.T) {
	p := newPerson(t)
	asked := 0
	for typed, want := range map[string]remote.Answer{
		"y\n": remote.Yes, "Y\n": remote.Yes, "yes\n": remote.Yes, "s\n": remote.ForSession, "Session\n": remote.ForSession, " y \n": remote.Yes,
		"n\n": remote.No, "\n": remote.No, "yesterday\n": remote.No, "ny\n": remote.No, "ok\n": remote.No,
	} {
		answer := p.asked(t.Context(), "uname -a")
		asked++
		p.sees(asked, "bob-laptop wants to run: exec uname -a   [y]es, [s]ession: all of this kind until it disconnects, [N]o ")
		p.types(typed)
		require.Equal(t, reply{want, nil}, p.gets(answer), typed)
	}
}

func TestWhatWasTypedAheadAnswersNothing(t *testing.T) {
	p := newPerson(t)
	p.typesAhead("y\ny\ny") // two lines, and one that would be completed
	answer := p.asked(t.Context(), "rm -r /")
	p.sees(1, "wants to run")
	p.types("n\n")
	require.Equal(t, reply{remote.No, nil}, p.gets(answer))
	answer = p.asked(t.Context(), "true")
	p.sees(2, "wants to run")
	p.types("y\n")
	require.Equal(t, reply{remote.Yes, nil}, p.gets(answer))
}

func TestQuestionsComeOneAtATime(t *testing.T) {
	p := newPerson(t)
	first := p.asked(t.Context(), "first")
	p.sees(1, "exec first")
	second := p.asked(t.Context(), "second")
	ctx, cancel := context.WithCancelCause(t.Context())
	third := p.asked(ctx, "third")
	gone := errors.New("gone")
	cancel(gone)
	require.Equal(t, reply{remote.No, gone}, p.gets(third)) // it waits for its turn no longer
	require.NotContains(t, p.seen.String(), "second")
	p.types("y\n")
	require.Equal(t, reply{remote.Yes, nil}, p.gets(first))
	p.sees(1, "exec second")
	p.types("n\n")
	require.Equal(t, reply{remote.No, nil}, p.gets(second))
	require.NotContains(t, p.seen.String(), "third")
}

func TestAQuestionIsWithdrawnWithItsCall(t *testing.T) {
	p := newPerson(t)
	gone := errors.New("gone")
	for n := 1; !p.clerk.waiting; n++ { // until one is withdrawn that waits for a line
		ctx, cancel := context.WithCancelCause(t.Context())
		answer := p.asked(ctx, "first")
		p.sees(n, "exec first")
		cancel(gone)
		require.Equal(t, reply{remote.No, gone}, p.gets(answer))
		p.sees(n, "\nthe question is withdrawn\n")
	}
	p.typesAhead("y\ny\ny") // too late, or too early
	answer := p.asked(t.Context(), "second")
	p.sees(1, "exec second")
	p.types("n\n")
	require.Equal(t, reply{remote.No, nil}, p.gets(answer))
}

func TestNobodyAnswersWhenTheTerminalIsGone(t *testing.T) {
	p := newPerson(t)
	answer := p.asked(t.Context(), "first")
	p.sees(1, "exec first")
	p.types("\x04") // the end of input
	require.Equal(t, reply{remote.No, errNobody}, p.gets(answer))
	require.Equal(t, reply{remote.No, errNobody}, p.gets(p.asked(t.Context(), "second")))
	a, err := askNobody(t.Context(), remote.Question{})
	require.Equal(t, reply{remote.No, errNobody}, reply{a, err})
}

func TestAQuestionHasNothingThatTheTerminalObeys(t *testing.T) {
	p := newPerson(t)
	answer := p.asked(t.Context(), "\x1b[2Jtrue\r")
	p.sees(1, `exec \x1b[2Jtrue\x0d   [y]es`)
	p.types("n\n")
	p.gets(answer)
	require.NotContains(t, p.seen.String(), "\x1b")
}
