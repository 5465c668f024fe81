package access

import (
	"sync"
	"time"
)

const logDelay = time.Second // the shortest time between two records of one kind

// A LogLimit limits the rate of one kind of log record, so that frequent records do not
// bury records of other kinds. The zero value is ready for use.
type LogLimit struct {
	mu      sync.Mutex
	last    time.Time
	skipped int // the number of records that were skipped since the last logged record
}

// Allow decides about a record. ok reports whether the record may be logged now, and
// skipped is the number of records that were skipped since the last logged record.
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
