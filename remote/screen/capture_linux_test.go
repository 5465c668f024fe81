package screen_test

import (
	"context"
	"image"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/screen"
	"techsh/remote/screen/picture"
)

// A portalCapture records the bounds that it is asked for.
type portalCapture struct {
	screen.Capture
	asked image.Rectangle
}

func (c *portalCapture) Grab(_ context.Context, bounds image.Rectangle) (*picture.Image, error) {
	c.asked = bounds
	return picture.New(bounds.Size()), nil
}

// Wayland counts from the corner of the screen, not from that of the primary display.
func TestWaylandIsAskedForAPlaceOnTheScreen(t *testing.T) {
	t.Setenv("XDG_SESSION_TYPE", "wayland")
	portal := &portalCapture{}
	_, err := screen.NewXCapture(portal, image.Pt(640, 100)).Grab(t.Context(), image.Rect(-640, -100, 0, 380))
	require.NoError(t, err)
	require.Equal(t, image.Rect(0, 0, 640, 480), portal.asked)
}

// The screenshot library has no error value for a missing session bus.
func TestWaylandReportsAMissingSessionBus(t *testing.T) {
	t.Setenv("XDG_SESSION_TYPE", "wayland")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+t.TempDir()+"/nobody")
	_, err := screen.NewSystemCapture().Grab(t.Context(), image.Rect(0, 0, 1, 1))
	require.ErrorIs(t, err, &codec.Error{Code: codec.NoDisplay})
	require.Equal(t,
		"Wayland shows its screen through a portal only, and there is no session bus to reach it by", err.Error())
}
