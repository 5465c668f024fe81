//go:build windows || (darwin && cgo)

package screen

func newCapture(l screenshotCapture) Capture { return l }
