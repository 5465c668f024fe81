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
	captureTimeout = 15 * time.Second // for one access to a display
	idleTimeout    = 10 * time.Second // how long an unused capture is kept
)

// A Capture takes pictures of the displays of this computer. Only one goroutine at a time
// may use it. It opens its resources when it is first used, and again after an error.
type Capture interface {
	// Displays returns the displays, the primary one first and at 0,0.
	Displays(ctx context.Context) ([]codec.Display, error)
	// Grab returns a picture of a part of the desktop. The picture is valid until the
	// next Grab. The error may be ErrGone.
	Grab(ctx context.Context, bounds image.Rectangle) (*picture.Image, error)
	// Obstacle returns what may prevent the desktop from being captured now.
	Obstacle(ctx context.Context) Obstacle
	Close()
}

// ErrGone is the error if one or all displays disappeared during a capture.
var ErrGone = errors.New("the display went away")

// An Obstacle is the reason why nothing can be captured, and a hint about what to do. The
// zero value means no obstacle.
type Obstacle struct{ Text, Hint string }

func (o Obstacle) err() error {
	return &codec.Error{Code: codec.NoDisplay, Text: o.Text, Hint: o.Hint}
}

// look calls the function do, which accesses the displays, with a time limit. If a
// display has disappeared, look calls do once more, because displays change, and because
// an X server that is reset disconnects all clients but then accepts connections again.
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

// A capturePool keeps one capture for a while, because the first picture of an X server
// takes many times as long as later ones. Sessions that take pictures at the same time
// get separate captures.
type capturePool struct {
	open func() Capture

	mu      sync.Mutex
	idle    Capture // nil if there is none
	closing *time.Timer
}

// use calls the function do with a capture.
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

// close closes the idle capture.
func (p *capturePool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.idle != nil {
		p.closing.Stop()
		p.idle.Close()
		p.idle = nil
	}
}
