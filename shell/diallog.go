package shell

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
	t, ok := ctx.Value(trailKey{}).(*trail)
	if !ok {
		return func(string) {}
	}
	return t.begin(name)
}

type trailKey struct{}

// A trail is the steps that were taken. A lookup may have several addresses
// tried at once, hence the lock.
type trail struct {
	mu    sync.Mutex
	ended func(name string, took time.Duration, found string)
	open  string // the step that has not ended
	began time.Time
}

func (t *trail) begin(name string) (passed func(found string)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.open != name { // else a Reach has begun it
		t.open, t.began = name, time.Now()
	}
	return func(found string) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.open == name {
			t.open = ""
			t.ended(name, time.Since(t.began), found)
		}
	}
}
