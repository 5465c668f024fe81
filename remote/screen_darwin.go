package remote

import (
	"techsh/codec"
)

// countPixels has nothing to do here.
func countPixels() {}

// describeDisplay knows no more of a display than where it is.
func describeDisplay(*codec.Display) {}

// hindrance returns the only one there is here, known or not.
func hindrance() obstacle {
	return obstacle{
		"techshd has no permission to see the screen",
		"allow techshd in System Settings, Privacy & Security, Screen Recording; it must be built on a Mac, with cgo",
	}
}
