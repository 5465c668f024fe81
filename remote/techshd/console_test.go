package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
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
	c.show(new(source), "", "al connected")
	v.shows(t, 2, "may bob? ")
	c.answered()
	c.show(new(source), "", "al disconnected")
	c.close()
	require.Equal(t, "may bob? \nal connected\nmay bob? al disconnected\n", v.String())
}

// lineOf returns a long line that begins with n.
func lineOf(n int) string { return fmt.Sprintf("%07d", n) + strings.Repeat("x", 1000) }

// fill shows lines of a source until it must wait. The console must be paused.
func fill(c *console, from *source) {
	c.show(from, "", "the line that is being written")
	synctest.Wait()
	for n := 0; from.waiting < maxWaiting; n++ {
		c.show(from, "", lineOf(n))
	}
}

// sessionOf returns the logger of a session, and its source.
func sessionOf(c *console, peer string, n int) (*slog.Logger, *source) {
	l := c.log().With("session", n, "peer", peer)
	return l, l.Handler().(handler).source
}

func TestFloodHidesNothingAndItsSessionWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newView()
		c := newConsole(v, false)
		v.pause()
		log, from := sessionOf(c, "bob", 1)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		const calls = 3000
		sent := 0
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			log.InfoContext(ctx, "exec", "words", "evil")
			for ; sent < calls; sent++ {
				log.InfoContext(ctx, "stat", "words", lineOf(sent)[:200])
			}
		}()
		synctest.Wait()
		require.Less(t, sent, calls, "it waits")
		require.GreaterOrEqual(t, from.waiting, maxWaiting)
		require.Less(t, from.waiting, maxWaiting+400)
		other, _ := sessionOf(c, "bob", 2) // does not
		other.InfoContext(ctx, "del", "words", "of another session")
		log.Warn("failed", "verb", "stat", "err", "without a context that can end")
		asked := c.ask("may al? ")
		synctest.Wait()
		select {
		case <-asked:
			require.Fail(t, "the question cannot be seen yet")
		default:
		}
		v.goOn()
		<-ended
		<-asked
		c.close()
		require.Equal(t, calls, strings.Count(v.String(), " bob  stat 0"))
		require.Contains(t, v.String(), "#1 bob  exec evil\n")
		require.Contains(t, v.String(), "#2 bob  del of another session\n")
		require.Contains(t, v.String(), "without a context")
		require.Zero(t, from.waiting)
		require.Empty(t, c.waiting)
	})
}

func TestSessionThatWaitsForTheConsoleCanBeStopped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newView()
		c := newConsole(v, false)
		v.pause()
		log, from := sessionOf(c, "bob", 1)
		fill(c, from)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { log.InfoContext(ctx, "exec", "words", "stopped"); close(ended) }()
		synctest.Wait()
		cancel()
		<-ended
		go func() { log.InfoContext(t.Context(), "exec", "words", "at the end"); v.goOn() }()
		synctest.Wait()
		c.close() // nothing waits for a console that is closed
		<-c.ended
		require.False(t, strings.Contains(v.String(), "stopped"), "it is not carried out")
	})
}

// A peer that makes many sessions, one after another, makes lines in each of them.
func TestPeerWithManyLinesWaitsBeforeItsNextSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newView()
		c := newConsole(v, false)
		v.pause()
		for session := range 3 {
			_, from := sessionOf(c, "bob", session)
			fill(c, from)
		}
		begun := make(chan string, 2)
		for _, peer := range []string{"al", "bob"} {
			log, _ := sessionOf(c, peer, 9)
			go func() {
				log.InfoContext(t.Context(), "connected")
				begun <- peer
			}()
			synctest.Wait()
		}
		require.Equal(t, "al", <-begun)
		require.Empty(t, begun)
		v.goOn()
		require.Equal(t, "bob", <-begun)
		c.close()
	})
}

func TestRepeatedLinesAreCounted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newView()
		c := newConsole(v, false)
		log, _ := sessionOf(c, "bob", 1)
		other, _ := sessionOf(c, "bob", 2)
		for n := range 4010 {
			log.Info("ping", "words", "")
			if n%1000 == 500 {
				log.Info("exec", "words", fmt.Sprint(n))
				other.Info("ping", "words", "")
			}
		}
		log.Info("dir", "words", "twice")
		log.Info("dir", "words", "twice")
		time.Sleep(2 * time.Second) // of the bubble
		log.Info("ping", "words", "")
		c.close()
		got := regexp.MustCompile(`(?m)^..:..:.. `).ReplaceAllString(v.String(), "")
		require.Equal(t, "#1 bob  ping\n#1 bob  exec 500\n#2 bob  ping\n#1 bob  exec 1500\n#1 bob  exec 2500\n"+
			"#1 bob  exec 3500\n#1 bob  dir twice\n"+
			"#1 bob  ping x 4009\n#1 bob  dir twice\n#2 bob  ping x 3\n#1 bob  ping\n", got)
	})
}

func TestRefusalsOfStrangersAreDroppedWithANote(t *testing.T) {
	c := newConsole(newView(), false)
	c.close() // so that only this test calls next
	log := c.log()
	refuse := func(n int) { log.Warn("refused", "from", lineOf(n)[:300], "err", "why") }
	dropped := 0
	for n := 0; c.note == nil; n++ {
		refuse(n)
	}
	for range 122 {
		refuse(dropped)
	}
	log.Info("paired", "peer", "bob")
	text := ""
	for len(c.lines) > 0 {
		line, _, _ := c.next()
		text += line
	}
	require.Regexp(t, `refused .*\n… 123 lines were not shown\n..:..:.. bob  paired.*\n$`, text)
}

func TestPausedConsoleCanBeClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newView()
		c := newConsole(v, false)
		v.pause()
		c.show(new(source), "", "first")
		c.show(new(source), "", "second")
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
	for n := range 4 {
		wg.Go(func() {
			for m := range 100 {
				log.Info("ping", "words", fmt.Sprint(100*n+m))
			}
		})
	}
	wg.Wait()
	c.close()
	for line := range strings.Lines(b.String()) {
		require.Regexp(t, `^\d\d:\d\d:\d\d ping \d+\n$`, line)
	}
	require.Equal(t, 400, strings.Count(b.String(), "\n"))
}
