package screen

import "image"

// NewXCapture returns a capture whose primary display is at origin on the screen of the X
// server, and which uses portal under Wayland.
func NewXCapture(portal Capture, origin image.Point) Capture {
	return &xCapture{portal: portal, origin: origin}
}

// NewSystemCapture returns the capture of this computer.
func NewSystemCapture() Capture {
	return newCapture(screenshotCapture{make(chan struct{}, maxLibraryCalls)})
}
