package remote

import (
	"context"
	"image"
	"testing"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/screen/picture"
)

// A portalCamera keeps what it is asked for.
type portalCamera struct {
	camera
	asked image.Rectangle
}

func (c *portalCamera) grab(_ context.Context, bounds image.Rectangle) (*picture.Image, error) {
	c.asked = bounds
	return picture.New(bounds.Size()), nil
}

// Wayland's picture begins where the screen does, not where the primary
// display does.
func TestWaylandIsAskedForAPlaceOnTheScreen(t *testing.T) {
	t.Setenv("XDG_SESSION_TYPE", "wayland")
	portal := &portalCamera{}
	c := &xCamera{portal: portal, origin: image.Pt(640, 100)}
	_, err := c.grab(t.Context(), image.Rect(-640, -100, 0, 380))
	require.NoError(t, err)
	require.Equal(t, image.Rect(0, 0, 640, 480), portal.asked)
}

// The library has no word for it but its own.
func TestWaylandWithoutASessionBusSaysSo(t *testing.T) {
	t.Setenv("XDG_SESSION_TYPE", "wayland")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+t.TempDir()+"/nobody")
	_, err := newCamera(library{make(chan struct{}, mostInside)}).grab(t.Context(), image.Rect(0, 0, 1, 1))
	require.ErrorIs(t, err, &codec.Error{Code: codec.NoDisplay})
	require.Equal(t, "Wayland shows its screen through a portal only, and there is no session bus to reach it by", err.Error())
}
