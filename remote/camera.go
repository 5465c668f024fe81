package remote

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
	shotTime = 15 * time.Second // for the system to show a display
	idleTime = 10 * time.Second // for which a camera waits for the next picture
)

// A camera sees the displays of this computer, for one goroutine at a time.
// It opens what it needs when it is first used, and anew after an error.
type camera interface {
	// displays returns them, the primary one first and at 0,0.
	displays(ctx context.Context) ([]codec.Display, error)
	// grab returns what is there on the desktop of the displays, which is good
	// until the next grab. The error may be errGone.
	grab(ctx context.Context, bounds image.Rectangle) (*picture.Image, error)
	// obstacle returns what may keep anybody from seeing something now.
	obstacle(ctx context.Context) obstacle
	close()
}

// errGone is that a display, or all of the system's, went away while it was
// looked at.
var errGone = errors.New("the display went away")

// An obstacle is why nothing is seen, and what to do about it. The zero one
// is none.
type obstacle struct{ text, hint string }

func (o obstacle) error() error {
	return &codec.Error{Code: codec.NoDisplay, Text: o.text, Hint: o.hint}
}

// look has do look at the system, which must answer in time. When what it
// looks at goes away it looks once more: an X server that is reset hangs up on
// everybody and is there again, and displays change.
func look[T any](ctx context.Context, do func(context.Context) (T, error)) (seen T, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, shotTime, codec.Errorf(codec.Timeout, "the system did not let us look for %v", shotTime))
	defer cancel()
	for range 2 {
		if seen, err = do(ctx); !errors.Is(err, errGone) {
			return seen, err
		}
	}
	return seen, codec.Errorf(codec.NoDisplay, "%v", err)
}

// The cameras of a server are none but one, which is kept ready for
// a while: its first picture takes an X server many times as long as the next.
// Sessions that look at once have one each.
type cameras struct {
	mu    sync.Mutex
	idle  camera // nil when there is none
	gone  *time.Timer
	turns chan struct{} // of those that are inside of the library
}

// use hands a camera to do.
func (c *cameras) use(do func(camera) error) error {
	one := c.take()
	defer c.keep(one)
	return do(one)
}

func (c *cameras) take() camera {
	c.mu.Lock()
	defer c.mu.Unlock()
	one := c.idle
	if c.turns == nil {
		c.turns = make(chan struct{}, mostInside)
	}
	if one == nil {
		return newCamera(library{c.turns})
	}
	c.gone.Stop()
	c.idle = nil
	return one
}

func (c *cameras) keep(one camera) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.idle != nil {
		one.close()
		return
	}
	c.idle, c.gone = one, time.AfterFunc(idleTime, c.close)
}

// close closes the one that is ready.
func (c *cameras) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.idle != nil {
		c.gone.Stop()
		c.idle.close()
		c.idle = nil
	}
}
