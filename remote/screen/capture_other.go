//go:build !linux

package screen

func newCapture(l screenshotCapture) Capture { return l }
