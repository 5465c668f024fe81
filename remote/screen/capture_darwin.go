package screen

import (
	"techsh/codec"
)

// countPixels does nothing, because macOS counts real pixels.
func countPixels() {}

// describeDisplay does nothing.
func describeDisplay(*codec.Display) {}

// systemObstacle returns the possible reasons why there is no picture. macOS does not
// report the reason, and fails in the same way in each of these cases.
func systemObstacle() Obstacle {
	return Obstacle{
		"macOS shows nothing: perhaps the display sleeps, the screen is locked, or techshd may not record it",
		"ask the person at the screen to unlock it, and to allow techshd, or the terminal in which it runs, in " +
			"System Settings, Privacy & Security, Screen & System Audio Recording",
	}
}
