package screen

import (
	"techsh/codec"
)

// countPixels does nothing, because macOS counts real pixels.
func countPixels() {}

// describeDisplay does nothing.
func describeDisplay(*codec.Display) {}

// systemObstacle returns the only known obstacle of macOS. The system does not report
// whether this obstacle exists.
func systemObstacle() Obstacle {
	return Obstacle{
		"techshd has no permission to see the screen",
		"allow techshd in System Settings, Privacy & Security, Screen Recording; it must be built on a Mac, with cgo",
	}
}
