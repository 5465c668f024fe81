package main

import (
	"bytes"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec/trust"
)

// shown returns what the console shows of what log logs, less the times.
func shown(t *testing.T, colours colours, log func(log *slog.Logger)) string {
	t.Helper()
	var b bytes.Buffer
	log(newConsole(&b, colours).log())
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

func TestConsoleSaysWhatHappens(t *testing.T) {
	for _, c := range []struct {
		want string
		log  func(*slog.Logger)
	}{
		{"connected from 192.0.2.9:4711, may dir get shot", func(l *slog.Logger) {
			l.Info("connected", "from", "192.0.2.9:4711", "id", "k3vq", "may", trust.Dir|trust.Get|trust.Shot)
		}},
		{"disconnected", func(l *slog.Logger) { l.Info("disconnected") }},
		{"disconnected: it was revoked", func(l *slog.Logger) { l.Warn("disconnected", "err", errors.New("it was revoked")) }},
		{"paired, ID k3vq-77ab…, may dir", func(l *slog.Logger) { l.Info("paired", "id", "k3vq-77ab…", "may", trust.Dir) }},
		{"may now none", func(l *slog.Logger) { l.Info("rights", "may", trust.NoRights) }},
		{"exec uname -a", func(l *slog.Logger) { l.Info("exec", "words", "uname -a") }},
		{"ping", func(l *slog.Logger) { l.Info("ping", "words", "") }},
		{"get failed: nope: no such file or folder", func(l *slog.Logger) {
			l.Warn("failed", "verb", "get", "err", "nope: no such file or folder", "took", time.Second)
		}},
		{"get done in 3s", func(l *slog.Logger) { l.Info("done", "verb", "get", "took", 3*time.Second) }},
		{"says: good evening", func(l *slog.Logger) { l.Info("says", "text", "good evening") }},
		{"asked about exec uname -a: no", func(l *slog.Logger) { l.Info("asked", "verb", "exec", "words", "uname -a", "answer", "no") }},
		{"audit err=\"no space left\"", func(l *slog.Logger) { l.Error("audit", "err", errors.New("no space left")) }},
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

func TestConsoleTellsTheTimeOfDay(t *testing.T) {
	var b bytes.Buffer
	newConsole(&b, false).log().Info("draining")
	at, rest, _ := strings.Cut(b.String(), " ")
	require.Equal(t, "draining\n", rest)
	_, err := time.Parse(time.TimeOnly, at)
	require.NoError(t, err)
}

func TestConsoleObeysNothingThatCameFromOutside(t *testing.T) {
	evil := "\x1b[2J\n\u202e\xff"
	got := shown(t, false, func(l *slog.Logger) {
		l = l.With("session", evil, "peer", evil)
		for _, message := range []string{"connected", "paired", "rights", "disconnected", "refused", "says", "asked", "failed", "done", evil} {
			l.Info(message, "from", evil, "id", evil, "may", evil, "err", errors.New(evil), "text", evil, "verb", evil, "words", evil, "answer", evil, "took", evil, evil, evil)
		}
	})
	require.Equal(t, 10, strings.Count(got, "\n"))
	require.NotContains(t, got, "\x1b")
	require.NotContains(t, got, "\u202e")
	require.NotContains(t, got, "\xff")
}

func TestConsoleHidesWhatTabAsks(t *testing.T) {
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

func TestConsoleKeepsAQuestionBelowWhatHappens(t *testing.T) {
	var b bytes.Buffer
	c := newConsole(&b, false)
	c.ask("may bob? ")
	require.NoError(t, c.show("al connected"))
	c.answered("")
	require.NoError(t, c.show("al disconnected"))
	require.Equal(t, "may bob? \nal connected\nmay bob? al disconnected\n", b.String())
}

func TestConsoleWritesWholeLines(t *testing.T) {
	var b bytes.Buffer // which the race detector watches
	log := newConsole(&b, false).log()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 100 {
				log.Info("ping", "words", "")
			}
		})
	}
	wg.Wait()
	for line := range strings.Lines(b.String()) {
		require.Regexp(t, `^\d\d:\d\d:\d\d ping\n$`, line)
	}
	require.Equal(t, 400, strings.Count(b.String(), "\n"))
}
