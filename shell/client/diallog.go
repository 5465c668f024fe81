package client

import (
	"context"
	"sync"
	"time"
)

// A DialLog records the steps of connecting to a remote, such as "address", "TCP" and
// "TLS". Its methods may be called concurrently, because several addresses may be
// tried at the same time.
type DialLog struct {
	ended func(name string, took time.Duration, found string)

	mu    sync.Mutex
	open  string // the unfinished step, or ""
	began time.Time
}

// NewDialLog returns a log that calls the function ended for each successful step, with
// the name of the step, its duration, and a text that says what it has found.
func NewDialLog(ended func(name string, took time.Duration, found string)) *DialLog {
	return &DialLog{ended: ended}
}

type dialLogKey struct{}

// WithDialLog returns a context with which BeginStep records steps in log.
func WithDialLog(ctx context.Context, log *DialLog) context.Context {
	return context.WithValue(ctx, dialLogKey{}, log)
}

// BeginStep begins a step in the log of ctx. The caller calls the function passed when
// the step has succeeded. If ctx has no log, BeginStep and the function passed do
// nothing. Dial functions call BeginStep for one step after another.
func BeginStep(ctx context.Context, name string) (passed func(found string)) {
	log, ok := ctx.Value(dialLogKey{}).(*DialLog)
	if !ok {
		return func(string) {}
	}
	return log.Begin(name)
}

// Begin begins a step unless it is already the current one. The caller calls the function
// passed when the step has succeeded.
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

// Unfinished returns the name of the current step and when it began. After a failure,
// this is the step that has failed. The name is "" if there is no current step.
func (l *DialLog) Unfinished() (name string, began time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open, l.began
}
