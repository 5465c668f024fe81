package access

import (
	"sync"
	"time"
)

const logDelay = time.Second // between two lines of one kind

// A LogLimit keeps what may happen often from burying other things in a log.
// The zero value is ready for use.
type LogLimit struct {
	mu      sync.Mutex
	last    time.Time
	skipped int // since then
}

// Allow reports whether a line may be logged now, and how many were not since
// the last one.
func (l *LogLimit) Allow() (skipped int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.last.IsZero() && time.Since(l.last) < logDelay {
		l.skipped++
		return 0, false
	}
	skipped = l.skipped
	l.last, l.skipped = time.Now(), 0
	return skipped, true
}
