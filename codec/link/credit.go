package link

import (
	"context"
	"sync"
)

// FirstCredit is the number of bytes of standard input that may be sent before the first
// MORE.
const FirstCredit = 64 << 10

// A credit counts the bytes of standard input that may still be sent.
type credit struct {
	mu   sync.Mutex
	left int64
	more chan struct{} // buffered; receives a value when bytes were added
}

func newCredit() *credit { return &credit{left: FirstCredit, more: make(chan struct{}, 1)} }

func (c *credit) add(n int64) {
	c.mu.Lock()
	c.left += n
	c.mu.Unlock()
	select {
	case c.more <- struct{}{}:
	default:
	}
}

// take waits until the credit is not empty and takes at most n bytes from it.
func (c *credit) take(ctx context.Context, n int) (int, error) {
	for {
		c.mu.Lock()
		got := min(int64(n), c.left)
		c.left -= got
		c.mu.Unlock()
		if got > 0 {
			return int(got), nil
		}
		select {
		case <-c.more:
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	}
}
