//go:build unix

package main

import (
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

	"techsh/remote/access"
)

const again = "that was too fast to have been read, so once more: bob-laptop wants to run: exec "

// A person reads a console and types at its terminal.
type person struct {
	t        *testing.T
	prompter *prompter
	keys     *os.File
	seen     *view // the output of the console
	echo     *view // the echo of typed text
	leaps    *leaps
}

// leaps is a clock that advances each time it is read: when a question is shown, and when
// a line arrives.
type leaps struct {
	mu     sync.Mutex
	at     time.Time
	each   time.Duration
	looked chan struct{} // receives a value for each reading
}

func (l *leaps) now() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at = l.at.Add(l.each)
	l.looked <- struct{}{}
	return l.at
}

func (l *leaps) set(each time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.each = each
}

func newPerson(t *testing.T) *person {
	keys, terminal, err := pty.Open()
	require.NoError(t, err)
	p := &person{
		t:     t,
		keys:  keys,
		seen:  newView(),
		echo:  newView(),
		leaps: &leaps{each: time.Hour, looked: make(chan struct{}, 1000)},
	}
	ctx, cancel := context.WithCancel(t.Context())
	c := newConsole(p.seen, false)
	p.prompter = newPrompter(ctx, c, terminal)
	p.prompter.now = p.leaps.now
	echoed := make(chan struct{})
	go func() { _, _ = io.Copy(p.echo, keys); close(echoed) }()
	t.Cleanup(func() {
		cancel()
		terminal.Close()
		<-p.prompter.ended
		<-echoed
		keys.Close()
		c.close()
	})
	return p
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

// typesAhead types text, and waits until the terminal has received it.
func (p *person) typesAhead(text string) {
	p.t.Helper()
	before := strings.Count(p.echo.String(), "y")
	p.types(text)
	p.echo.shows(p.t, before+strings.Count(text, "y"), "y")
}

// A reply is the outcome of a question.
type reply struct {
	answer access.Answer
	err    error
}

// asked asks a question about a program, and returns a channel for the reply.
func (p *person) asked(ctx context.Context, program string) <-chan reply {
	c := make(chan reply, 1)
	go func() {
		a, err := p.prompter.ask(ctx, access.Question{Peer: "bob-laptop", Verb: "exec", Words: program})
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
	for typed, want := range map[string]access.Answer{
		"y\n": access.Yes, "Y\n": access.Yes, "yes\n": access.Yes, "s\n": access.ForSession,
		"Session\n": access.ForSession, " y \n": access.Yes,
		"n\n": access.No, "\n": access.No, "yesterday\n": access.No, "ny\n": access.No, "ok\n": access.No,
		"\x04": access.No, // Ctrl-D; the next question works as usual
	} {
		answer := p.asked(t.Context(), "uname -a")
		asked++
		p.sees(
			asked,
			"bob-laptop wants to run: exec uname -a   [y]es, [s]ession: every exec until it disconnects, [N]o ",
		)
		p.types(typed)
		require.Equal(t, reply{want, nil}, p.gets(answer), typed)
	}
}

func TestInputBeforeTheQuestionIsNoAnswer(t *testing.T) {
	p := newPerson(t)
	p.typesAhead("y\ny\ny") // two lines, and one that would be completed
	answer := p.asked(t.Context(), "rm -r /")
	p.sees(1, "wants to run")
	p.types("n\n")
	require.Equal(t, reply{access.No, nil}, p.gets(answer))
	answer = p.asked(t.Context(), "true")
	p.sees(2, "wants to run")
	p.types("y\n")
	require.Equal(t, reply{access.Yes, nil}, p.gets(answer))
}

// A line that is typed too soon may be meant for the question before.
func TestLineThatComesTooSoonForItsQuestionDoesNotCount(t *testing.T) {
	p := newPerson(t)
	p.leaps.set(readingDelay - 1)
	answer := p.asked(t.Context(), "rm")
	p.sees(1, "exec rm")
	p.types("y\n")
	p.sees(1, again+"rm")
	p.types("y\n") // too soon for this question, though not for the first
	p.sees(2, again+"rm")
	p.leaps.set(readingDelay)
	p.types("s\n")
	require.Equal(t, reply{access.ForSession, nil}, p.gets(answer))
}

func TestInputWhileTheConsoleIsPausedIsNoAnswer(t *testing.T) {
	p := newPerson(t)
	p.seen.pause()
	answer := p.asked(t.Context(), "true")
	<-p.seen.begun
	p.typesAhead("y\n") // hours later, but the question is not visible yet
	p.leaps.set(readingDelay - 1)
	p.seen.goOn()
	p.sees(1, again+"true")
	p.leaps.set(readingDelay)
	p.types("n\n")
	require.Equal(t, reply{access.No, nil}, p.gets(answer))
}

func TestQuestionHidesNothing(t *testing.T) {
	p := newPerson(t)
	answer := p.asked(t.Context(), `"evil #`+strings.Repeat(" ", 60_000)+`; uname -a"`)
	p.sees(1, `exec "evil #·60000 blanks·; uname -a"   [y]es`)
	p.types("n\n")
	p.gets(answer)
	most := strings.Repeat("ü", maxQuestion-len("exec "))
	answer = p.asked(t.Context(), most)
	p.sees(1, "exec "+most+"   [y]es")
	p.types("y\n")
	require.Equal(t, reply{access.Yes, nil}, p.gets(answer))
	for _, long := range []string{most + "ü", strings.Repeat("\n", 200), strings.Repeat("a    ", 60)} {
		r := p.gets(p.asked(t.Context(), long))
		require.Equal(t, access.No, r.answer)
		require.ErrorContains(t, r.err, "it is too long to be shown to a person (")
	}
	require.Equal(t, 2, strings.Count(p.seen.String(), "wants to run"))
}

func TestAQuestionHidesNoLetters(t *testing.T) {
	p := newPerson(t)
	answer := p.asked(t.Context(), "rm a\u034f\U000e0100\ufe0f\u115f\u2800 ❤️")
	p.sees(1, `exec rm a\u{34f}\u{e0100}\u{fe0f}\u{115f}\u{2800} ❤️   [y]es`)
	p.types("n\n")
	p.gets(answer)
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
	require.Equal(t, reply{access.No, gone}, p.gets(third)) // it no longer waits for its turn
	require.NotContains(t, p.seen.String(), "second")
	p.types("y\n")
	require.Equal(t, reply{access.Yes, nil}, p.gets(first))
	p.sees(1, "exec second")
	p.types("n\n")
	require.Equal(t, reply{access.No, nil}, p.gets(second))
	require.NotContains(t, p.seen.String(), "third")
}

func TestAQuestionIsWithdrawnWithItsCall(t *testing.T) {
	p := newPerson(t)
	gone := errors.New("gone")
	for n := 1; !p.prompter.waiting; n++ { // until a question is withdrawn that waits for a line
		ctx, cancel := context.WithCancelCause(t.Context())
		answer := p.asked(ctx, "first")
		p.sees(n, "exec first")
		cancel(gone)
		require.Equal(t, reply{access.No, gone}, p.gets(answer))
		p.sees(n, "\nthe question is withdrawn\n")
	}
	for len(p.leaps.looked) > 0 {
		<-p.leaps.looked
	}
	p.typesAhead("y\ny\ny") // too late for the last question, too early for the next
	<-p.leaps.looked        // the first line, which waits to be requested
	answer := p.asked(t.Context(), "second")
	p.sees(1, again+"second")
	p.types("n\n")
	require.Equal(t, reply{access.No, nil}, p.gets(answer))
}

func TestQuestionsAreDeclinedWhenTheTerminalIsClosed(t *testing.T) {
	p := newPerson(t)
	answer := p.asked(t.Context(), "first")
	p.sees(1, "exec first")
	require.NoError(t, p.prompter.in.Close())
	require.Equal(t, reply{access.No, errNobody}, p.gets(answer))
	require.Equal(t, reply{access.No, errNobody}, p.gets(p.asked(t.Context(), "second")))
	a, err := askNobody(t.Context(), access.Question{})
	require.Equal(t, reply{access.No, errNobody}, reply{a, err})
}

func TestQuestionEscapesTerminalSequences(t *testing.T) {
	p := newPerson(t)
	answer := p.asked(t.Context(), "\x1b[2Jtrue\r")
	p.sees(1, `exec \x1b[2Jtrue\x0d   [y]es`)
	p.types("n\n")
	p.gets(answer)
	require.NotContains(t, p.seen.String(), "\x1b")
}
