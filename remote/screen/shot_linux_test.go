package screen_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os/exec"
	"strings"
	"testing"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/kbinani/screenshot"
	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/link"
	"techsh/codec/transfer"
)

func setMonitors(t *testing.T, monitors ...string) {
	t.Helper()
	for _, m := range monitors {
		out, err := exec.Command("xrandr", append([]string{"--setmonitor"}, strings.Fields(m)...)...).CombinedOutput()
		require.NoError(t, err, "%s", out)
	}
}

// fill paints a rectangle of the screen.
func fill(t *testing.T, r image.Rectangle, pixel uint32) {
	t.Helper()
	c, err := xgb.NewConn()
	require.NoError(t, err)
	defer c.Close()
	root := xproto.Drawable(xproto.Setup(c).DefaultScreen(c).Root)
	gc, err := xproto.NewGcontextId(c)
	require.NoError(t, err)
	require.NoError(t, xproto.CreateGCChecked(c, gc, root, xproto.GcForeground, []uint32{pixel}).Check())
	require.NoError(t, xproto.PolyFillRectangleChecked(c, root, gc, []xproto.Rectangle{
		{X: int16(r.Min.X), Y: int16(r.Min.Y), Width: uint16(r.Dx()), Height: uint16(r.Dy())},
	}).Check())
}

// pair returns the value of a pair in the FILE of a picture.
func pair(e codec.Entry, key string) string {
	value, _ := e.More.Get(key)
	return value
}

// The screenshot library, which is slower, returns the same picture.
func TestShotIsThatOfTheLibrary(t *testing.T) {
	startX(t)
	paint(t)
	_, file, err := shoot(t, sit(t), "")
	require.NoError(t, err)
	got, err := png.Decode(bytes.NewReader(file))
	require.NoError(t, err)
	want, err := screenshot.CaptureDisplay(0)
	require.NoError(t, err)
	require.Equal(t, want.Bounds(), got.Bounds())
	for y := range screenHeight {
		for x := range screenWidth {
			if want.At(x, y) != got.At(x, y) {
				require.Equal(t, want.At(x, y), got.At(x, y), "at %d,%d", x, y)
			}
		}
	}
}

func TestShotWithoutSharedMemory(t *testing.T) {
	startX(t, "-extension", "MIT-SHM")
	paint(t)
	l := sit(t)
	for range 2 {
		wantShot(t, l, 1, image.Point{}, image.Rect(0, 0, screenWidth, screenHeight), "")
	}
}

func TestShotWithoutMonitors(t *testing.T) {
	startX(t, "-extension", "RANDR")
	paint(t)
	l := sit(t)
	list, err := ask(t, l, "DISP")
	require.NoError(t, err)
	require.Equal(t, "1 1440x600 0,0 - primary=yes\n", list)
	wantShot(t, l, 1, image.Point{}, image.Rect(0, 0, screenWidth, screenHeight), "")
}

func TestShotOf16Bits(t *testing.T) {
	startX(t, "-screen", "0", fmt.Sprintf("%dx%dx16", screenWidth, screenHeight))
	fill(t, image.Rect(0, 0, 300, 300), 0xf800)
	fill(t, image.Rect(300, 0, 600, 300), 0x07e0)
	fill(t, image.Rect(600, 0, 900, 300), 0x001f)
	fill(t, image.Rect(900, 0, 1440, 300), 16<<11|33<<5|7)
	_, file, err := shoot(t, sit(t), "")
	require.NoError(t, err)
	got, err := png.Decode(bytes.NewReader(file))
	require.NoError(t, err)
	for x, want := range map[int]color.RGBA{
		0:    {255, 0, 0, 255},
		301:  {0, 255, 0, 255},
		899:  {0, 0, 255, 255},
		1439: {132, 134, 58, 255},
	} {
		require.Equal(t, want, got.At(x, 299), "at %d", x)
	}
	require.Equal(t, color.RGBA{0, 0, 0, 255}, got.At(5, 599))
}

func TestShotWithoutColoursIsRefused(t *testing.T) {
	startX(t, "-screen", "0", "640x480x8")
	require.Equal(t, codec.Unsupported, wantNoShot(t, sit(t), "").Code)
}

func TestShotOfAPart(t *testing.T) {
	startX(t)
	needProgram(t, "xrandr")
	paint(t)
	setMonitors(t, "a 740/211x480/158+700+120 screen", "b 640/169x480/127+0+0 none")
	l := sit(t)
	for _, c := range []struct {
		options, display, at string
		region               image.Rectangle
	}{
		{"-r 10,20,300x200", "1", "10,20", image.Rect(710, 140, 1010, 340)},
		{"-d 2 -r 0,0,1x1", "2", "-700,-120", image.Rect(0, 0, 1, 1)},
		{"-d all", "all", "-700,-120", image.Rect(0, 0, 1440, 600)},
		{"-d all -r 690,100,50x60", "all", "-10,-20", image.Rect(690, 100, 740, 160)},
	} {
		e, file, err := shoot(t, l, c.options)
		require.NoError(t, err, c.options)
		require.Equal(t, c.display, pair(e, "display"), c.options)
		require.Equal(t, c.at, pair(e, "at"), c.options)
		require.Equal(t, fmt.Sprintf("%dx%d", c.region.Dx(), c.region.Dy()), pair(e, "size"), c.options)
		got, err := png.Decode(bytes.NewReader(file))
		require.NoError(t, err)
		for _, p := range []image.Point{{}, c.region.Size().Sub(image.Pt(1, 1)), c.region.Size().Div(2)} {
			require.Equal(
				t,
				painted(c.region.Min.X+p.X, c.region.Min.Y+p.Y),
				got.At(p.X, p.Y),
				"%s at %v",
				c.options,
				p,
			)
		}
	}
	for _, options := range []string{"-r 0,0,741x480", "-r 739,479,2x1", "-r 5000,0,1x1", "-d 2 -r 0,480,1x1"} {
		require.Equal(t, codec.BadRequest, wantNoShot(t, l, options).Code, options)
	}
}

func TestShotOfWrongOptions(t *testing.T) {
	startX(t)
	l := sit(t)
	for _, options := range []string{
		"-r 1,2,3", "-r -1,0,5x5", "-r 0,0,0x5", "-r 0,0,5x-5", "-r 0,0,5x5x", "-r ' 0,0,5x5'",
		"-r 0,0,99999999999x1",
		"--format bmp", "--format jpg", "--quality 50", "--format jpeg --quality 0",
		"--format jpeg --quality 101", "--format jpeg --quality x",
		"--scale 0", "--scale 1.1", "--scale -1", "--scale NaN", "--scale Inf", "--scale x",
		"--watch 0", "--watch 0.01", "--watch NaN", "--watch 1e300", "--watch x", "--changed", "-n 1",
		"--watch 1 -n 0", "--watch 1 -n -1",
	} {
		require.Equal(t, codec.BadRequest, wantNoShot(t, l, options).Code, options)
	}
	require.Contains(t, wantNoShot(t, l, "-r -640,0,100x100").Text, "counted from its upper left corner")
}

func TestShotAsJPEGAndScaled(t *testing.T) {
	startX(t)
	paint(t)
	l := sit(t)
	e, file, err := shoot(t, l, "--format jpeg --quality 90 --scale 0.25 -r 0,0,800x600")
	require.NoError(t, err)
	require.Equal(t, "shot.jpg", e.Name)
	require.Equal(t, "200x150", pair(e, "size"))
	require.Equal(t, "800x600", pair(e, "of"))
	got, err := jpeg.Decode(bytes.NewReader(file))
	require.NoError(t, err)
	require.Equal(t, image.Rect(0, 0, 200, 150), got.Bounds())

	e, file, err = shoot(t, l, "--scale 0.5")
	require.NoError(t, err)
	require.Equal(t, "shot.png", e.Name)
	small, err := png.Decode(bytes.NewReader(file))
	require.NoError(t, err)
	var sum [3]int
	for i := range 4 {
		p := painted(100+i%2, 200+i/2)
		sum[0], sum[1], sum[2] = sum[0]+int(p.R), sum[1]+int(p.G), sum[2]+int(p.B)
	}
	require.Equal(
		t,
		color.RGBA{byte((sum[0] + 2) / 4), byte((sum[1] + 2) / 4), byte((sum[2] + 2) / 4), 255},
		small.At(50, 100),
	)
	e, _, err = shoot(t, l, "--scale 1")
	require.NoError(t, err)
	require.Empty(t, pair(e, "of"))
}

// The answer says that a picture has a single colour, and the reason if the system knows
// it.
func TestShotOfNothing(t *testing.T) {
	startX(t)
	needProgram(t, "xset")
	l := sit(t)
	e, _, err := shoot(t, l, "")
	require.NoError(t, err)
	require.Equal(t, "#000000", pair(e, "uniform"))
	require.Empty(t, pair(e, "reason"))
	fill(t, image.Rect(0, 0, screenWidth, screenHeight), 0x102030)
	fill(t, image.Rect(0, 0, 144, 59), 0xffffff) // less than a hundredth of the screen
	e, _, err = shoot(t, l, "")
	require.NoError(t, err)
	require.Equal(t, "#102030", pair(e, "uniform"))
	fill(t, image.Rect(0, 0, 144, 61), 0xffffff)
	e, _, err = shoot(t, l, "")
	require.NoError(t, err)
	require.Empty(t, pair(e, "uniform"))

	out, err := exec.Command("xset", "s", "activate").CombinedOutput()
	require.NoError(t, err, "%s", out)
	fill(t, image.Rect(0, 0, screenWidth, screenHeight), 0) // like a real screen in this case
	e, _, err = shoot(t, l, "")
	require.NoError(t, err)
	require.Equal(t, "#000000", pair(e, "uniform"))
	require.Contains(t, pair(e, "reason"), "screen saver")
}

func TestDisplaysSayTheScale(t *testing.T) {
	startX(t)
	needProgram(t, "xrdb")
	cmd := exec.Command("xrdb", "-nocpp", "-merge")
	cmd.Stdin = strings.NewReader("Xft.antialias: 1\nXft.dpi: 144\n")
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	list, err := ask(t, sit(t), "DISP")
	require.NoError(t, err)
	require.Equal(t, "1 1440x600 0,0 screen primary=yes scale=1.5\n", list)
}

// watch makes a SHOT with --watch, and calls next for each picture until it returns false.
func watch(t *testing.T, l *link.Link, options string, next func(n int, e codec.Entry) bool) error {
	t.Helper()
	n, more := 0, true
	r := transfer.Receiver{
		Choose: func(codec.Entry) (landing.Target, error) { return landing.Target{Writer: &bytes.Buffer{}}, nil },
		Landed: func(e codec.Entry, _ int64) {
			n++
			more = next(n, e)
		},
		Failed: func(name string, err error) { t.Errorf("%s: %v", name, err) },
	}
	enough := errors.New("enough pictures")
	_, err := do(t, l, "SHOT "+options, func(f codec.Frame) error {
		if err := r.Take(f); err != nil || more {
			return err
		}
		return enough
	})
	if errors.Is(err, enough) {
		return nil
	}
	return err
}

func TestWatchNamesWhatHasChanged(t *testing.T) {
	startX(t)
	needProgram(t, "xrandr")
	setMonitors(t, "a 740/211x480/158+700+120 screen", "b 640/169x480/127+0+0 none")
	var changed []string
	require.NoError(t, watch(t, sit(t), "-d all --watch 0.1", func(n int, e codec.Entry) bool {
		is := pair(e, "changed")
		if is == "none" && len(changed)%2 == 1 { // taken before the next change
			return true
		}
		changed = append(changed, is)
		switch len(changed) {
		case 1:
			fill(t, image.Rect(100, 50, 130, 60), 0xff)
		case 3:
			fill(t, image.Rect(1000, 300, 1001, 301), 0xff)
		}
		return len(changed) < 4
	}))
	require.Equal(t, []string{"", "-600,-70,30x10", "none", "300,180,1x1"}, changed)
}

func TestWatchSendsOnlyWhatHasChanged(t *testing.T) {
	startX(t)
	var changed []string
	require.NoError(t, watch(t, sit(t), "--watch 0.1 --changed -n 3 --scale 0.5", func(n int, e codec.Entry) bool {
		changed = append(changed, pair(e, "changed"))
		fill(t, image.Rect(0, 0, n, 1), 0xff)
		return true
	}))
	require.Equal(t, []string{"", "0,0,1x1", "1,0,1x1"}, changed)
}
