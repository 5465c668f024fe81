package screen

import (
	"context"
	"errors"
	"image"
	"sync"
	"time"

	"techsh/codec"
	"techsh/remote/screen/picture"
)

const (
	captureTimeout = 15 * time.Second // for the system to show a display
	idleTimeout    = 10 * time.Second // for which a capture is kept ready
)

// A Capture looks at the displays of this computer, for one goroutine at a time.
// It opens what it needs when it is first used, and again after an error.
type Capture interface {
	// Displays returns the displays, the primary one first and at 0,0.
	Displays(ctx context.Context) ([]codec.Display, error)
	// Grab returns what a part of the desktop shows, which is valid until the next
	// Grab. The error may be ErrGone.
	Grab(ctx context.Context, bounds image.Rectangle) (*picture.Image, error)
	// Obstacle returns what may keep the desktop from being seen now.
	Obstacle(ctx context.Context) Obstacle
	Close()
}

// ErrGone says that a display, or all of them, went away during a look at it.
var ErrGone = errors.New("the display went away")

// An Obstacle is why nothing is seen, and what to do about it. The zero value is
// none.
type Obstacle struct{ Text, Hint string }

func (o Obstacle) err() error {
	return &codec.Error{Code: codec.NoDisplay, Text: o.Text, Hint: o.Hint}
}

// look calls do, which looks at the system and must return in time. If a display
// went away it is called once more: an X server that is reset hangs up on all
// clients and then exists again, and displays change.
func look[T any](ctx context.Context, do func(context.Context) (T, error)) (seen T, err error) {
	late := codec.Errorf(codec.Timeout, "the system showed nothing for %v", captureTimeout)
	ctx, cancel := context.WithTimeoutCause(ctx, captureTimeout, late)
	defer cancel()
	for range 2 {
		if seen, err = do(ctx); !errors.Is(err, ErrGone) {
			return seen, err
		}
	}
	return seen, codec.Errorf(codec.NoDisplay, "%v", err)
}

// A capturePool keeps one capture ready for a while: the first picture of an X
// server takes many times as long as the next. Sessions that look at the same
// time get one each.
type capturePool struct {
	open func() Capture

	mu      sync.Mutex
	idle    Capture // nil when there is none
	closing *time.Timer
}

// use hands a capture to do.
func (p *capturePool) use(do func(Capture) error) error {
	c := p.take()
	defer p.keep(c)
	return do(c)
}

func (p *capturePool) take() Capture {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.idle
	if c == nil {
		return p.open()
	}
	p.closing.Stop()
	p.idle = nil
	return c
}

func (p *capturePool) keep(c Capture) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.idle != nil {
		c.Close()
		return
	}
	p.idle, p.closing = c, time.AfterFunc(idleTimeout, p.close)
}

// close closes the capture that is kept ready.
func (p *capturePool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.idle != nil {
		p.closing.Stop()
		p.idle.Close()
		p.idle = nil
	}
}
