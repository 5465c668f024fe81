//go:build !cgo

package screen

import (
	"context"
	"image"

	"techsh/codec"
	"techsh/remote/screen/picture"
)

// A noCapture stands in for the screenshot library, which needs cgo on macOS.
type noCapture struct{}

func newCapture(screenshotCapture) Capture { return noCapture{} }

func (noCapture) Displays(context.Context) ([]codec.Display, error) { return nil, errNoCgo() }

func (noCapture) Grab(context.Context, image.Rectangle) (*picture.Image, error) {
	return nil, errNoCgo()
}

func (noCapture) Obstacle(context.Context) Obstacle { return Obstacle{} }

func (noCapture) Close() {}

func errNoCgo() error {
	return &codec.Error{
		Code: codec.Unsupported, Text: "this program was built without cgo, which pictures need on macOS",
		Hint: "build it on a Mac that has the command line tools of Xcode: CGO_ENABLED=1 go build ./remote/techshd",
	}
}
