package screen_test

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jezek/xgb"
	"github.com/jezek/xgb/xproto"
	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/landing"
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/remote"
)

// The size of the screen of the X server in these tests, large enough for two monitors.
const (
	screenWidth  = 1440
	screenHeight = 600
)

// painted returns the colour of a pixel of the known picture. Every value occurs in every
// channel, and no two pixels are equal.
func painted(x, y int) color.RGBA {
	return color.RGBA{byte(x), byte(y), byte(x + y + x>>8*3 + y>>8), 255}
}

// startX starts an X server with an empty screen and additional arguments, and sets
// DISPLAY to it. stop stops it before the end of the test.
func startX(t *testing.T, args ...string) (stop func()) {
	t.Helper()
	needProgram(t, "Xvfb")
	xgb.Logger.SetOutput(io.Discard)
	number, theirs, err := os.Pipe()
	require.NoError(t, err)
	defer number.Close()
	cmd := exec.Command("Xvfb", append([]string{
		"-noreset", "-nolisten", "tcp", "-displayfd", "3",
		"-screen", "0", fmt.Sprintf("%dx%dx24", screenWidth, screenHeight),
	}, args...)...)
	cmd.ExtraFiles = []*os.File{theirs}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM} // so that it ends even if the tests are killed
	started, ended := make(chan error), make(chan struct{})
	go func() {
		defer close(ended)
		runtime.LockOSThread() // Pdeathsig is sent when this thread ends
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait()
		}
	}()
	err = <-started
	theirs.Close()
	require.NoError(t, err)
	stop = func() {
		for { // Xvfb ignores a signal that arrives before it waits for clients
			_ = cmd.Process.Signal(syscall.SIGTERM)
			select {
			case <-ended:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}
	t.Cleanup(stop)
	require.NoError(t, number.SetReadDeadline(time.Now().Add(time.Minute)))
	line, err := bufio.NewReader(number).ReadString('\n')
	require.NoError(t, err)
	setDisplay(t, ":"+strings.TrimSpace(line))
	return stop
}

// setDisplay sets DISPLAY, and unsets other variables of a desktop.
func setDisplay(t *testing.T, display string) {
	t.Setenv("DISPLAY", display)
	t.Setenv("WAYLAND_DISPLAY", "")
	t.Setenv("XDG_SESSION_TYPE", "")
}

func needProgram(t *testing.T, name string) {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip(err)
	}
}

// paint fills the screen with the known picture, in strips that fit a
// request.
func paint(t *testing.T) {
	t.Helper()
	c, err := xgb.NewConn()
	require.NoError(t, err)
	defer c.Close()
	root := xproto.Drawable(xproto.Setup(c).DefaultScreen(c).Root)
	gc, err := xproto.NewGcontextId(c)
	require.NoError(t, err)
	require.NoError(t, xproto.CreateGCChecked(c, gc, root, 0, nil).Check())
	const rows = 40
	for top := 0; top < screenHeight; top += rows {
		var strip []byte
		for y := top; y < top+rows; y++ {
			for x := range screenWidth {
				p := painted(x, y)
				strip = append(strip, p.B, p.G, p.R, 0)
			}
		}
		require.NoError(t, xproto.PutImageChecked(c, xproto.ImageFormatZPixmap, root, gc,
			screenWidth, rows, 0, int16(top), 0, 24, strip).Check())
	}
}

// sit returns a session with a new server.
func sit(t *testing.T) *link.Link {
	t.Helper()
	here, there := net.Pipe()
	s := &remote.Server{Log: slog.New(slog.DiscardHandler)}
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.ServeConn(context.Background(), there, "somebody") })
	l, _, err := link.Open(t.Context(), here, link.Opening{})
	t.Cleanup(func() {
		here.Close()
		wg.Wait()
	})
	require.NoError(t, err)
	t.Cleanup(func() { l.Close() })
	return l
}

// do makes the call that line spells.
func do(t *testing.T, l *link.Link, line string, recv func(codec.Frame) error) (codec.Pairs, error) {
	t.Helper()
	words, err := codec.Split(line)
	require.NoError(t, err)
	return l.Do(t.Context(), link.Request{Verb: codec.MakeVerb(words[0].Text), Words: words[1:], Recv: recv})
}

// ask makes a call and returns the text of its answer.
func ask(t *testing.T, l *link.Link, line string) (string, error) {
	t.Helper()
	var text strings.Builder
	_, err := do(t, l, line, func(f codec.Frame) error {
		text.Write(f.Body)
		return nil
	})
	return text.String(), err
}

// shoot takes a picture and returns the entry and the contents of its file.
func shoot(t *testing.T, l *link.Link, options string) (e codec.Entry, file []byte, err error) {
	var b bytes.Buffer
	r := transfer.Receiver{
		Choose: func(codec.Entry) (landing.Target, error) { return landing.Target{Writer: &b}, nil },
		Landed: func(landed codec.Entry, _ int64) { e = landed },
		Failed: func(name string, err error) { t.Errorf("%s: %v", name, err) },
	}
	pairs, err := do(t, l, "SHOT "+options, r.Take)
	if err == nil {
		require.Equal(t, codec.Pairs{codec.PairOf("files", 1), codec.PairOf("bytes", b.Len())}, pairs)
		require.EqualValues(t, 1, r.Files)
	}
	return e, b.Bytes(), err
}

// wantShot takes a picture of a display and checks it. at is the position of the display
// on the desktop, region its place on the screen of the X server.
func wantShot(t *testing.T, l *link.Link, number int, at image.Point, region image.Rectangle, options string) {
	t.Helper()
	e, file, err := shoot(t, l, options)
	require.NoError(t, err)
	require.Equal(t, codec.Pairs{
		codec.PairOf("display", number),
		{Key: "at", Value: fmt.Sprintf("%d,%d", at.X, at.Y)},
		{Key: "size", Value: fmt.Sprintf("%dx%d", region.Dx(), region.Dy())},
	}, e.More)
	require.EqualValues(t, codec.Unknown, e.Size, "it is sent while it is made")
	require.True(t, bytes.HasPrefix(file, []byte("\x89PNG\r\n\x1a\n")), "%q", file[:min(8, len(file))])
	picture, err := png.Decode(bytes.NewReader(file))
	require.NoError(t, err)
	require.Equal(t, region.Size(), picture.Bounds().Size())
	wrong := 0
	for y := range region.Dy() {
		for x := range region.Dx() {
			want, got := painted(region.Min.X+x, region.Min.Y+y), picture.At(x, y)
			if got == want {
				continue
			}
			if wrong++; wrong == 1 {
				t.Errorf("the pixel at %d,%d is %v, not %v", x, y, got, want)
			}
		}
	}
	require.Zero(t, wrong, "so many of %d pixels differ", region.Dx()*region.Dy())
}

// wantNoShot checks that a picture fails and the session continues.
func wantNoShot(t *testing.T, l *link.Link, options string) *codec.Error {
	t.Helper()
	_, _, err := shoot(t, l, options)
	var e *codec.Error
	require.ErrorAs(t, err, &e)
	said, err := ask(t, l, "ECHO still here")
	require.NoError(t, err)
	require.Equal(t, "still here\n", said)
	return e
}

func TestShotIsWhatTheScreenShows(t *testing.T) {
	startX(t)
	paint(t)
	l := sit(t)
	list, err := ask(t, l, "DISP")
	require.NoError(t, err)
	require.Equal(t, "1 1440x600 0,0 screen primary=yes\n", list)
	whole := image.Rect(0, 0, screenWidth, screenHeight)
	wantShot(t, l, 1, image.Point{}, whole, "")
	wantShot(t, l, 1, image.Point{}, whole, "-d 1")
}

// The primary display is number 1 and at 0,0, as on other systems, wherever it is on the
// screen of the X server.
func TestShotOfEachMonitor(t *testing.T) {
	left, right := image.Rect(0, 0, 640, 480), image.Rect(640, 0, 1440, 600)
	low := image.Rect(700, 120, 1440, 600)
	for name, c := range map[string]struct {
		monitors []string
		list     string
		regions  []image.Rectangle
	}{
		"the first is the primary one": {
			[]string{"a 640/169x480/127+0+0 screen", "b 800/211x600/158+640+0 none"},
			"1 640x480 0,0 a primary=yes\n2 800x600 640,0 b\n",
			[]image.Rectangle{left, right},
		},
		"left of the first": {
			[]string{"a 800/211x600/158+640+0 screen", "b 640/169x480/127+0+0 none"},
			"1 800x600 0,0 a primary=yes\n2 640x480 -640,0 b\n",
			[]image.Rectangle{right, left},
		},
		"left of and above the first": {
			[]string{"a 740/211x480/158+700+120 screen", "b 640/169x480/127+0+0 none"},
			"1 740x480 0,0 a primary=yes\n2 640x480 -700,-120 b\n",
			[]image.Rectangle{low, left},
		},
		"the second is the primary one": {
			[]string{"a 640/169x480/127+0+0 screen", "*b 800/211x600/158+640+0 none"},
			"1 800x600 0,0 b primary=yes\n2 640x480 -640,0 a\n",
			[]image.Rectangle{right, left},
		},
	} {
		t.Run(name, func(t *testing.T) {
			startX(t)
			needProgram(t, "xrandr")
			paint(t)
			setMonitors(t, c.monitors...)
			l := sit(t)
			list, err := ask(t, l, "DISP")
			require.NoError(t, err)
			require.Equal(t, c.list, list)
			for i, region := range c.regions {
				wantShot(t, l, i+1, region.Min.Sub(c.regions[0].Min), region, fmt.Sprintf("-d %d", i+1))
			}
			e := wantNoShot(t, l, "-d 3")
			require.Equal(t, codec.NoDisplay, e.Code)
			require.Equal(t, "there are displays 1 to 2", e.Hint)
		})
	}
}

func TestShotOfNoSuchDisplay(t *testing.T) {
	startX(t)
	l := sit(t)
	for _, number := range []string{"2", "99", "9223372036854775807"} {
		e := wantNoShot(t, l, "-d "+number)
		require.Equal(t, codec.NoDisplay, e.Code, number)
		require.Equal(t, "there is no display "+number, e.Text)
		require.Equal(t, "there are displays 1 to 1", e.Hint)
	}
	for _, options := range []string{
		"-d 0",
		"-d x",
		"-d -1",
		"-d ''",
		"-d 1.0",
		"-d 9223372036854775808",
		"-d",
		"-d 1 -d 1",
		"-x",
		"1",
	} {
		e := wantNoShot(t, l, options)
		require.Equal(t, codec.BadRequest, e.Code, options)
	}
}

func TestNoDisplay(t *testing.T) {
	nobody := filepath.Join(t.TempDir(), "x:0")
	for display, hint := range map[string]string{
		"":         "DISPLAY is not set",
		nobody:     nobody + " does not answer",
		"nonsense": "nonsense does not answer",
	} {
		t.Run(display, func(t *testing.T) {
			setDisplay(t, display)
			l := sit(t)
			e := wantNoShot(t, l, "")
			require.Equal(t, codec.NoDisplay, e.Code)
			require.Contains(t, e.Hint, hint)
			_, err := ask(t, l, "DISP")
			require.ErrorAs(t, err, &e)
			require.Equal(t, codec.NoDisplay, e.Code)
			require.Contains(t, e.Hint, hint)
		})
	}
}
