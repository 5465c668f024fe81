package client

import (
	"context"
	"sync"
	"time"
)

// A DialLog records the steps of connecting to a remote, such as "address",
// "TCP" and "TLS". It may be used by several goroutines: a lookup may have
// several addresses tried at once.
type DialLog struct {
	ended func(name string, took time.Duration, found string)

	mu    sync.Mutex
	open  string // the step that has not ended, or ""
	began time.Time
}

// NewDialLog returns a log that calls ended for each step that has succeeded,
// with the time that it took and what it has found.
func NewDialLog(ended func(name string, took time.Duration, found string)) *DialLog {
	return &DialLog{ended: ended}
}

type dialLogKey struct{}

// WithDialLog returns a context whose steps, those of BeginStep, go into log.
func WithDialLog(ctx context.Context, log *DialLog) context.Context {
	return context.WithValue(ctx, dialLogKey{}, log)
}

// BeginStep begins a step in the log of ctx and returns the function that ends
// it, which a step that fails does not call. Without a log both do nothing. Dial
// functions call it; steps begin one after another.
func BeginStep(ctx context.Context, name string) (passed func(found string)) {
	log, ok := ctx.Value(dialLogKey{}).(*DialLog)
	if !ok {
		return func(string) {}
	}
	return log.Begin(name)
}

// Begin begins a step, unless it is the one that has begun last, and returns the
// function that ends it.
func (l *DialLog) Begin(name string) (passed func(found string)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open != name {
		l.open, l.began = name, time.Now()
	}
	return func(found string) {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.open == name {
			l.open = ""
			l.ended(name, time.Since(l.began), found)
		}
	}
}

// Unfinished returns the step that has begun and not ended, which is the one
// that has failed, and when it began. The name is "" when all have ended.
func (l *DialLog) Unfinished() (name string, began time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open, l.began
}
