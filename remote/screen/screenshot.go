package screen

import (
	"context"
	"fmt"
	"image"
	"slices"

	"github.com/kbinani/screenshot"

	"techsh/codec"
	"techsh/remote/screen/picture"
)

// maxLibraryCalls limits the calls of the library that run at the same time. Under
// Wayland a call never returns if the person at the screen declines.
const maxLibraryCalls = 16

// A screenshotCapture uses the screenshot library, on systems for which this package has
// no capture of its own.
type screenshotCapture struct{ turns chan struct{} }

func (screenshotCapture) Close() {}

func (l screenshotCapture) Displays(ctx context.Context) ([]codec.Display, error) {
	return callLibrary(ctx, l.turns, func() ([]codec.Display, error) {
		var list []codec.Display
		n := screenshot.NumActiveDisplays()
		for i := range n {
			b := screenshot.GetDisplayBounds(i)
			if b.Empty() {
				return nil, ErrGone
			}
			d := codec.Display{Bounds: b}
			describeDisplay(&d)
			if b.Min == (image.Point{}) {
				d.More = slices.Insert(d.More, 0, codec.Pair{Key: "primary", Value: "yes"})
				list = slices.Insert(list, 0, d)
			} else {
				list = append(list, d)
			}
		}
		if n == 0 {
			return nil, systemObstacle().err()
		}
		for i := range list {
			list[i].Number = i + 1
		}
		return list, nil
	})
}

func (l screenshotCapture) Grab(ctx context.Context, bounds image.Rectangle) (*picture.Image, error) {
	return callLibrary(ctx, l.turns, func() (*picture.Image, error) {
		m, err := screenshot.CaptureRect(bounds)
		switch {
		case err == nil && m.Bounds().Size() == bounds.Size():
			return picture.Of(m), nil
		case err == nil:
			return nil, ErrGone
		case systemObstacle().Text != "":
			return nil, systemObstacle().err()
		}
		return nil, fmt.Errorf("%w: %w", ErrGone, err)
	})
}

func (screenshotCapture) Obstacle(context.Context) Obstacle { return systemObstacle() }

// callLibrary calls the function do, which may never return, for example while the system
// asks the person at the screen. When ctx ends, callLibrary returns, but the call of do
// continues and keeps its place in turns. If the library panics, the details go to the
// log only.
func callLibrary[T any](ctx context.Context, turns chan struct{}, do func() (T, error)) (value T, err error) {
	select {
	case turns <- struct{}{}:
	case <-ctx.Done():
		return value, context.Cause(ctx)
	}
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if p := recover(); p != nil {
				told := codec.Errorf(codec.Internal,
					"looking at the screen went wrong: the log of techshd has the details")
				r.err = fmt.Errorf("%w: panic: %v", told, p)
			}
			<-turns
			done <- r
		}()
		countPixels()
		r.value, r.err = do()
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		return value, context.Cause(ctx)
	}
}
