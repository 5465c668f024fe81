package screen

import (
	"techsh/codec"
)

// countPixels does nothing: macOS counts real pixels.
func countPixels() {}

// describeDisplay adds nothing.
func describeDisplay(*codec.Display) {}

// systemObstacle returns the only one of macOS, which does not tell.
func systemObstacle() Obstacle {
	return Obstacle{
		"techshd has no permission to see the screen",
		"allow techshd in System Settings, Privacy & Security, Screen Recording; it must be built on a Mac, with cgo",
	}
}
