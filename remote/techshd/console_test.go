package main

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"techsh/codec/trust"
)

// A view is a writer that collects text.
type view struct {
	mu      sync.Mutex
	text    bytes.Buffer
	changed chan struct{} // of capacity 1
	begun   chan struct{} // of capacity 1; receives a value when a Write begins
	paused  chan struct{} // full while Write must wait
}

func newView() *view {
	return &view{changed: make(chan struct{}, 1), begun: make(chan struct{}, 1), paused: make(chan struct{}, 1)}
}

// pause makes Write wait until goOn is called.
func (v *view) pause() { v.paused <- struct{}{} }

func (v *view) goOn() { <-v.paused }

func tell(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

func (v *view) Write(b []byte) (int, error) {
	tell(v.begun)
	v.pause()
	defer v.goOn()
	v.mu.Lock()
	defer v.mu.Unlock()
	defer tell(v.changed)
	return v.text.Write(b)
}

func (v *view) String() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.text.String()
}

// shows waits until the view contains what n times.
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

// shown returns the lines that the console shows for the records of log, without the
// times.
func shown(t *testing.T, colours colours, log func(log *slog.Logger)) string {
	t.Helper()
	var b bytes.Buffer
	c := newConsole(&b, colours)
	log(c.log())
	c.close()
	var lines []string
	for line := range strings.Lines(b.String()) {
		if at, rest, ok := strings.Cut(line, " "); ok {
			if _, err := time.Parse(time.TimeOnly, at); err == nil {
				line = rest
			}
		}
		lines = append(lines, line)
	}
	return strings.Join(lines, "")
}

func TestConsoleShowsEachEvent(t *testing.T) {
	for _, c := range []struct {
		want string
		log  func(*slog.Logger)
	}{
		{"connected from 192.0.2.9:4711, may dir get shot", func(l *slog.Logger) {
			l.Info("connected", "from", "192.0.2.9:4711", "id", "k3vq", "may", trust.Dir|trust.Get|trust.Shot)
		}},
		{"disconnected", func(l *slog.Logger) { l.Info("disconnected") }},
		{
			"disconnected: it was revoked",
			func(l *slog.Logger) { l.Warn("disconnected", "err", errors.New("it was revoked")) },
		},
		{
			"paired, ID k3vq-77ab…, may dir",
			func(l *slog.Logger) { l.Info("paired", "id", "k3vq-77ab…", "may", trust.Dir) },
		},
		{"may now none", func(l *slog.Logger) { l.Info("rights", "may", trust.NoRights) }},
		{"exec uname -a", func(l *slog.Logger) { l.Info("exec", "words", "uname -a") }},
		{"ping", func(l *slog.Logger) { l.Info("ping", "words", "") }},
		{"get failed: nope: no such file or folder", func(l *slog.Logger) {
			l.Warn("failed", "verb", "get", "err", "nope: no such file or folder", "took", time.Second)
		}},
		{"get done in 3s", func(l *slog.Logger) { l.Info("done", "verb", "get", "took", 3*time.Second) }},
		{"sees display 1", func(l *slog.Logger) { l.Info("sees", "display", "1") }},
		{
			"sees display all, again every 5s",
			func(l *slog.Logger) { l.Info("sees", "display", "all", "every", 5*time.Second) },
		},
		{"has seen 1 picture", func(l *slog.Logger) { l.Info("has seen", "pictures", 1) }},
		{"has seen 34 pictures", func(l *slog.Logger) { l.Info("has seen", "pictures", 34) }},
		{"says: good evening", func(l *slog.Logger) { l.Info("says", "text", "good evening") }},
		{
			"asked about exec uname -a: no",
			func(l *slog.Logger) { l.Info("asked", "verb", "exec", "words", "uname -a", "answer", "no") },
		},
		{
			"audit err=\"no space left\"",
			func(l *slog.Logger) { l.Error("audit", "err", errors.New("no space left")) },
		},
		{"something new one=1 two=\"a b\"", func(l *slog.Logger) { l.Info("something new", "one", 1, "two", "a b") }},
		{"panic verb=get value=oops\ngoroutine 1\n\tmain.go:1", func(l *slog.Logger) {
			l.Error("panic", "verb", "get", "value", "oops", "stack", "goroutine 1\n\tmain.go:1")
		}},
	} {
		got := shown(t, false, func(l *slog.Logger) { c.log(l.With("session", int64(3), "peer", "bob-laptop")) })
		require.Equal(t, "#3 bob-laptop  "+c.want+"\n", got)
	}
	require.Equal(t, "refused 192.0.2.66:1: TLS: EOF more=7\n", shown(t, false, func(l *slog.Logger) {
		l.Warn("refused", "from", "192.0.2.66:1", "err", "TLS: EOF", "more", 7)
	}))
	require.Equal(t, "bob  refused 192.0.2.66:1: 8 connections\n", shown(t, false, func(l *slog.Logger) {
		l.Warn("refused", "from", "192.0.2.66:1", "peer", "bob", "err", "8 connections")
	}))
}

func TestConsoleShowsTheTimeOfDay(t *testing.T) {
	var b bytes.Buffer
	c := newConsole(&b, false)
	c.log().Info("draining")
	c.close()
	at, rest, _ := strings.Cut(b.String(), " ")
	require.Equal(t, "draining\n", rest)
	_, err := time.Parse(time.TimeOnly, at)
	require.NoError(t, err)
}

func TestConsoleEscapesTextsOfClients(t *testing.T) {
	evil := "\x1b[2J\n\u202e\U000e0100\xff"
	got := shown(t, false, func(l *slog.Logger) {
		l = l.With("session", evil, "peer", evil)
		for _, message := range []string{
			"connected",
			"paired",
			"rights",
			"disconnected",
			"refused",
			"says",
			"asked",
			"failed",
			"done",
			evil,
		} {
			l.Info(
				message,
				"from",
				evil,
				"id",
				evil,
				"may",
				evil,
				"err",
				errors.New(evil),
				"text",
				evil,
				"verb",
				evil,
				"words",
				evil,
				"answer",
				evil,
				"took",
				evil,
				evil,
				evil,
			)
		}
	})
	require.Equal(t, 10, strings.Count(got, "\n"))
	require.NotContains(t, got, "\x1b")
	require.NotContains(t, got, "\u202e")
	require.NotContains(t, got, "\U000e0100")
	require.NotContains(t, got, "\xff")
}

func TestConsoleHidesCompletion(t *testing.T) {
	got := shown(t, false, func(l *slog.Logger) {
		l = l.With("session", 1)
		l.Info("dir", "words", "-c nowhere/")
		l.Warn("failed", "verb", "dir", "err", "nowhere: no such file or folder")
		l.Info("dir", "words", "-c")
		l.Info("dir", "words", "-cx")
		l.Warn("failed", "verb", "dir", "err", "no such option")
		l.Info("say", "words", "hello")
		l.Info("says", "text", "hello")
	})
	require.Equal(t, "#1 dir -cx\n#1 dir failed: no such option\n#1 says: hello\n", got)
}

func TestConsoleHidesNothingOfOneSessionForAnother(t *testing.T) {
	got := shown(t, false, func(l *slog.Logger) {
		tab, other := l.With("session", 1), l.With("session", 2)
		tab.Info("dir", "words", "-c no")
		other.Warn("failed", "verb", "get", "err", "why")
	})
	require.Equal(t, "#2 get failed: why\n", got)
}

func TestConsoleColours(t *testing.T) {
	log := func(l *slog.Logger) {
		l.Info("says", "text", "hello")
		l.Warn("failed", "verb", "get", "err", "why")
		l.Info("exec", "words", "true")
	}
	got := shown(t, true, log)
	require.Contains(t, got, "\x1b[1msays: hello\x1b[0m\n")
	require.Contains(t, got, "\x1b[31mget failed: why\x1b[0m\n")
	require.Contains(t, got, " exec true\n")
	require.NotContains(t, shown(t, false, log), "\x1b")
}

func TestConsoleShortensLongTexts(t *testing.T) {
	long := strings.Repeat("ü", maxShown)
	for words, want := range map[string]string{
		"a   b":                                "a   b",
		"a    b     c ":                        "a·4 blanks·b·5 blanks·c ",
		"    a    ":                            "·4 blanks·a·4 blanks·",
		"a" + strings.Repeat(" ", 60_000):      "a·60000 blanks·",
		long:                                   long,
		long + "x":                             long + "… 1 more",
		long + long + strings.Repeat("x", 100): long + "… 400 more",
	} {
		require.Equal(t, "exec "+want+"\n", shown(t, false, func(l *slog.Logger) { l.Info("exec", "words", words) }))
		require.Equal(t, "asked about exec "+want+": yes\n", shown(t, false, func(l *slog.Logger) {
			l.Info("asked", "verb", "exec", "words", words, "answer", "yes")
		}))
	}
	got := shown(t, false, func(l *slog.Logger) {
		l = l.With("session", long+"x", "peer", long+"x")
		l.Info("new", "words", long+"x", "more", strings.Repeat("a    ", 1000))
	})
	require.Less(t, utf8.RuneCountInString(got), 4*maxShown+100)
	stack := strings.Repeat("main.go:1\n\tfunc\n", 100)
	require.Contains(t, shown(t, false, func(l *slog.Logger) { l.Error("panic", "stack", stack) }), stack)
}

func TestConsoleKeepsAQuestionBelowEvents(t *testing.T) {
	v := newView()
	c := newConsole(v, false)
	<-c.ask("may bob? ")
	c.show("al connected")
	v.shows(t, 2, "may bob? ")
	c.answered()
	c.show("al disconnected")
	c.close()
	require.Equal(t, "may bob? \nal connected\nmay bob? al disconnected\n", v.String())
}

func TestLoggingNeverWaitsForAPausedConsole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newView()
		c := newConsole(v, false)
		v.pause()
		for n := range 1 + maxLines + 123 {
			c.show(fmt.Sprint("line ", n))
			if n == 0 {
				synctest.Wait() // until the line is being written
			}
		}
		asked := c.ask("may bob? ")
		synctest.Wait()
		select {
		case <-asked:
			require.Fail(t, "the question cannot be seen yet")
		default:
		}
		v.goOn()
		<-asked
		synctest.Wait()
		c.show("the next line")
		c.close()
		lines := strings.Split(strings.ReplaceAll(v.String(), "may bob? \n", ""), "\n")
		require.Len(t, lines, 1+maxLines+3)
		for n := range 1 + maxLines {
			require.Equal(t, fmt.Sprint("line ", n), lines[n])
		}
		require.Equal(t, []string{"… 123 lines were not shown", "the next line", "may bob? "}, lines[1+maxLines:])
	})
}

func TestNoteAboutMissingLinesStandsInTheirPlace(t *testing.T) {
	c := newConsole(newView(), false)
	c.close() // so that only this test calls next
	for range maxLines + 1 {
		c.show("early")
	}
	text, _, _ := c.next()
	require.Equal(t, "early\n", text)
	c.show("late") // there is room, but the line would be above the note
	for range maxLines - 1 {
		_, _, _ = c.next()
	}
	text, _, _ = c.next()
	require.Equal(t, "… 2 lines were not shown\n", text)
	c.show("the next line")
	text, _, _ = c.next()
	require.Equal(t, "the next line\n", text)
}

func TestPausedConsoleCanBeClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newView()
		c := newConsole(v, false)
		v.pause()
		c.show("first")
		c.show("second")
		began := time.Now()
		c.close()
		require.Equal(t, time.Second, time.Since(began))
		require.Empty(t, v.String())
		v.goOn()
		<-c.ended
		require.Equal(t, "first\nsecond\n", v.String())
	})
}

func TestConsoleWritesWholeLines(t *testing.T) {
	var b bytes.Buffer // the race detector finds concurrent writes to it
	c := newConsole(&b, false)
	log := c.log()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				log.Info("ping", "words", "")
			}
		})
	}
	wg.Wait()
	c.close()
	for line := range strings.Lines(b.String()) {
		require.Regexp(t, `^\d\d:\d\d:\d\d ping\n$`, line)
	}
	require.Equal(t, 400, strings.Count(b.String(), "\n"))
}
