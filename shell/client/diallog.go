package client

import (
	"context"
	"sync"
	"time"
)

// Step is for a Reach to call: it has got to a step of the way, which passed
// ends, with what was found there. Both cost nothing unless a doctor listens,
// who takes the step that has not ended for the one that has failed. Steps begin
// one after another.
func Step(ctx context.Context, name string) (passed func(found string)) {
	t, ok := ctx.Value(DialLogKey{}).(*DialLog)
	if !ok {
		return func(string) {}
	}
	return t.Begin(name)
}

type DialLogKey struct{}

// A DialLog is the steps that were taken. A lookup may have several addresses
// tried at once, hence the lock.
type DialLog struct {
	Mu    sync.Mutex
	Ended func(name string, took time.Duration, found string)
	Open  string // the step that has not ended
	Began time.Time
}

func (t *DialLog) Begin(name string) (passed func(found string)) {
	t.Mu.Lock()
	defer t.Mu.Unlock()
	if t.Open != name { // else a Reach has begun it
		t.Open, t.Began = name, time.Now()
	}
	return func(found string) {
		t.Mu.Lock()
		defer t.Mu.Unlock()
		if t.Open == name {
			t.Open = ""
			t.Ended(name, time.Since(t.Began), found)
		}
	}
}
