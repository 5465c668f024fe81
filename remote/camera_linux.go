package remote

import (
	"context"
	"errors"
	"fmt"
	"image"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"techsh/codec"
	"techsh/remote/screen/picture"
	"techsh/remote/screen/x11"
)

// An xCamera sees the displays of an X server, each time that which DISPLAY
// names. Under Wayland that is one that shows the displays' places and not what
// is on them: the pictures come through the library.
type xCamera struct {
	conn    *x11.Conn   // nil when there is none
	origin  image.Point // of the primary display on the X server's screen
	portal  camera
	display string
}

func newCamera(l library) camera { return &xCamera{portal: l} }

func (c *xCamera) close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// wayland says what the library takes for a reason to ask the portal.
func wayland() bool { return os.Getenv("XDG_SESSION_TYPE") == "wayland" }

func (c *xCamera) displays(ctx context.Context) ([]codec.Display, error) {
	if err := c.open(ctx); err != nil {
		return nil, err
	}
	monitors, err := c.conn.Monitors(ctx)
	if err != nil {
		return nil, c.failed(ctx, err)
	}
	scale, err := c.scale(ctx)
	if err != nil {
		return nil, c.failed(ctx, err)
	}
	c.origin = monitors[0].Bounds.Min
	var list []codec.Display
	for i, m := range monitors {
		d := codec.Display{Number: i + 1, Bounds: m.Bounds.Sub(c.origin), Name: m.Name}
		if i == 0 {
			d.More = codec.Pairs{{Key: "primary", Value: "yes"}}
		}
		if scale != "" {
			d.More = append(d.More, codec.Pair{Key: "scale", Value: scale})
		}
		list = append(list, d)
	}
	return list, nil
}

// scale returns by how much the desktop makes things larger, "" where it does
// not say.
func (c *xCamera) scale(ctx context.Context) (string, error) {
	const usual = 96 // dots per inch
	dpi, err := c.conn.Resource(ctx, "Xft.dpi")
	n, perr := strconv.ParseFloat(dpi, 64)
	if err != nil || perr != nil || n < usual/4 || n > usual*16 {
		return "", err
	}
	return strconv.FormatFloat(n/usual, 'g', 4, 64), nil
}

func (c *xCamera) open(ctx context.Context) (err error) {
	display := os.Getenv("DISPLAY")
	switch {
	case display == "" && os.Getenv("WAYLAND_DISPLAY") == "":
		return obstacle{hint: "DISPLAY is not set: start techshd in the desktop session of the person at the screen"}.error()
	case display == "":
		return obstacle{hint: "DISPLAY is not set and Wayland alone shows no displays: start techshd where Xwayland runs"}.error()
	case c.conn != nil && c.display == display:
		return nil
	}
	c.close()
	c.conn, err = x11.Open(ctx, display)
	c.display = display
	var refusal x11.Refusal
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case errors.As(err, &refusal) || errors.Is(err, fs.ErrPermission):
		return obstacle{err.Error(), "start techshd as the user at the screen, or set XAUTHORITY"}.error()
	}
	return obstacle{hint: "the X server " + display + " does not answer: start techshd in the desktop session of the person at the screen"}.error()
}

func (c *xCamera) grab(ctx context.Context, bounds image.Rectangle) (*picture.Image, error) {
	bounds = bounds.Add(c.origin)
	if wayland() {
		return c.ask(ctx, bounds)
	}
	m, err := c.conn.Grab(ctx, bounds)
	switch {
	case err == nil:
		return m, nil
	case errors.Is(err, errors.ErrUnsupported):
		return nil, codec.Errorf(codec.Unsupported, "a screen without colours of its own cannot be shown")
	}
	return nil, c.failed(ctx, err)
}

// ask has Wayland ask the person at the screen, and waits for the answer. Its
// picture is of the whole screen, of which the library cuts out the bounds.
func (c *xCamera) ask(ctx context.Context, bounds image.Rectangle) (*picture.Image, error) {
	m, err := c.portal.grab(ctx, bounds)
	switch {
	case err == nil:
		return m, nil
	case errors.Is(err, &codec.Error{Code: codec.Timeout}):
		return nil, codec.Errorf(codec.Declined, "Wayland asks the person at the screen, who has not allowed it")
	case ctx.Err() != nil, errors.Is(err, &codec.Error{Code: codec.Internal}):
		return nil, err
	}
	if strings.Contains(err.Error(), "SessionBus") { // all that the library tells of it
		return nil, obstacle{
			"Wayland shows its screen through a portal only, and there is no session bus to reach it by",
			"start techshd in the desktop session of the person at the screen, or ask for one with Xorg",
		}.error()
	}
	return nil, obstacle{
		fmt.Sprintf("Wayland shows its screen through a portal only, which failed: %v", err),
		"ask the person at the screen to log in with Xorg",
	}.error()
}

// failed closes a connection that has failed, and says what that means.
func (c *xCamera) failed(ctx context.Context, err error) error {
	c.close()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("%w: %w", errGone, err)
}

// obstacle looks for what covers the screen. That it cannot is none.
func (c *xCamera) obstacle(ctx context.Context) obstacle {
	if wayland() || c.conn == nil {
		return obstacle{}
	}
	if vt, _ := c.conn.Property(ctx, "XFree86_has_VT"); vt == "\x00\x00\x00\x00" {
		return obstacle{"another console is in front of this desktop", "ask the person at the screen to come back to it"}
	}
	if saved, _ := c.conn.Saved(ctx); saved {
		return obstacle{"the screen saver is on, or the screen is locked", "ask the person at the screen to unlock it"}
	}
	return obstacle{}
}

// countPixels has nothing to do here.
func countPixels() {}

// describeDisplay knows no more of a display than where it is.
func describeDisplay(*codec.Display) {}

// hindrance knows none of the portal.
func hindrance() obstacle { return obstacle{} }
