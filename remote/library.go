package remote

import (
	"context"
	"fmt"
	"image"
	"slices"

	"github.com/kbinani/screenshot"

	"techsh/codec"
	"techsh/remote/screen/picture"
)

// mostInside is how many calls of the library may be under way: when the person
// at the screen declines, those of Wayland never end.
const mostInside = 16

// A library is the camera of every system that has no own.
type library struct{ turns chan struct{} }

func (library) close() {}

func (l library) displays(ctx context.Context) ([]codec.Display, error) {
	return calling(ctx, l.turns, func() ([]codec.Display, error) {
		var list []codec.Display
		n := screenshot.NumActiveDisplays()
		for i := range n {
			b := screenshot.GetDisplayBounds(i)
			if b.Empty() {
				return nil, errGone
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
			return nil, hindrance().error()
		}
		for i := range list {
			list[i].Number = i + 1
		}
		return list, nil
	})
}

func (l library) grab(ctx context.Context, bounds image.Rectangle) (*picture.Image, error) {
	return calling(ctx, l.turns, func() (*picture.Image, error) {
		m, err := screenshot.CaptureRect(bounds)
		switch {
		case err == nil && m.Bounds().Size() == bounds.Size():
			return picture.Of(m), nil
		case err == nil:
			return nil, errGone
		case hindrance().text != "":
			return nil, hindrance().error()
		}
		return nil, fmt.Errorf("%w: %w", errGone, err)
	})
}

func (library) obstacle(context.Context) obstacle { return hindrance() }

// calling runs do, which may never end, while the system asks the person at
// the screen, say: ctx ends the wait, though not what waits inside the library,
// which keeps its turn. Not all of the library's ways recover: what a panic was
// is for the log only.
func calling[T any](ctx context.Context, turns chan struct{}, do func() (T, error)) (value T, err error) {
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
				r.err = fmt.Errorf("%w: panic: %v", codec.Errorf(codec.Internal, "looking at the screen went wrong: the log of techshd has the details"), p)
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
