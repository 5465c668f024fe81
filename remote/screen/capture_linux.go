package screen

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

// An xCapture takes pictures of the displays of the X server that DISPLAY currently
// names. Under Wayland this server knows where the displays are but not what they show,
// so the pictures come from the screenshot library.
type xCapture struct {
	conn    *x11.Conn   // nil if there is none
	origin  image.Point // the position of the primary display on the X server's screen
	portal  Capture
	display string
}

const startInDesktop = "start techshd in the desktop session of the person at the screen"

func newCapture(l screenshotCapture) Capture { return &xCapture{portal: l} }

func (c *xCapture) Close() {
	if c.conn != nil {
		c.conn.Close()
		c.conn = nil
	}
}

// wayland reports whether the desktop session uses Wayland. Under Wayland the screenshot
// library uses the desktop portal.
func wayland() bool { return os.Getenv("XDG_SESSION_TYPE") == "wayland" }

func (c *xCapture) Displays(ctx context.Context) ([]codec.Display, error) {
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

// scale returns the factor by which the desktop enlarges things, or "" if it is unknown.
func (c *xCapture) scale(ctx context.Context) (string, error) {
	const usual = 96 // dots per inch
	dpi, err := c.conn.Resource(ctx, "Xft.dpi")
	n, perr := strconv.ParseFloat(dpi, 64)
	if err != nil || perr != nil || n < usual/4 || n > usual*16 {
		return "", err
	}
	return strconv.FormatFloat(n/usual, 'g', 4, 64), nil
}

func (c *xCapture) open(ctx context.Context) (err error) {
	display := os.Getenv("DISPLAY")
	switch {
	case display == "" && os.Getenv("WAYLAND_DISPLAY") == "":
		return Obstacle{Hint: "DISPLAY is not set: " + startInDesktop}.err()
	case display == "":
		const why = "DISPLAY is not set and Wayland alone shows no displays: start techshd where Xwayland runs"
		return Obstacle{Hint: why}.err()
	case c.conn != nil && c.display == display:
		return nil
	}
	c.Close()
	c.conn, err = x11.Open(ctx, display)
	c.display = display
	var refusal x11.Refusal
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case errors.As(err, &refusal) || errors.Is(err, fs.ErrPermission):
		return Obstacle{err.Error(), "start techshd as the user at the screen, or set XAUTHORITY"}.err()
	}
	return Obstacle{Hint: "the X server " + display + " does not answer: " + startInDesktop}.err()
}

func (c *xCapture) Grab(ctx context.Context, bounds image.Rectangle) (*picture.Image, error) {
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

// ask takes a picture through Wayland. Wayland asks the person at the screen, and ask
// waits for the answer. Wayland returns a picture of the whole screen, and the library
// returns only the part within bounds.
func (c *xCapture) ask(ctx context.Context, bounds image.Rectangle) (*picture.Image, error) {
	m, err := c.portal.Grab(ctx, bounds)
	switch {
	case err == nil:
		return m, nil
	case errors.Is(err, &codec.Error{Code: codec.Timeout}):
		return nil, codec.Errorf(codec.Declined, "Wayland asks the person at the screen, who has not allowed it")
	case ctx.Err() != nil, errors.Is(err, &codec.Error{Code: codec.Internal}):
		return nil, err
	}
	if strings.Contains(err.Error(), "SessionBus") { // the library has no error value for a missing session bus
		return nil, Obstacle{
			"Wayland shows its screen through a portal only, and there is no session bus to reach it by",
			"start techshd in the desktop session of the person at the screen, or ask for one with Xorg",
		}.err()
	}
	return nil, Obstacle{
		fmt.Sprintf("Wayland shows its screen through a portal only, which failed: %v", err),
		"ask the person at the screen to log in with Xorg",
	}.err()
}

// failed closes a connection that has failed, and returns an error that explains err.
func (c *xCapture) failed(ctx context.Context, err error) error {
	c.Close()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return fmt.Errorf("%w: %w", ErrGone, err)
}

// Obstacle checks whether another console or the screen saver covers the desktop. Errors
// are ignored.
func (c *xCapture) Obstacle(ctx context.Context) Obstacle {
	if wayland() || c.conn == nil {
		return Obstacle{}
	}
	if vt, _ := c.conn.Property(ctx, "XFree86_has_VT"); vt == "\x00\x00\x00\x00" {
		return Obstacle{
			"another console is in front of this desktop",
			"ask the person at the screen to come back to it",
		}
	}
	if saved, _ := c.conn.Saved(ctx); saved {
		return Obstacle{"the screen saver is on, or the screen is locked", "ask the person at the screen to unlock it"}
	}
	return Obstacle{}
}

// countPixels does nothing, because X counts real pixels.
func countPixels() {}

// describeDisplay does nothing.
func describeDisplay(*codec.Display) {}

// systemObstacle returns no obstacle, because the portal does not report any.
func systemObstacle() Obstacle { return Obstacle{} }
