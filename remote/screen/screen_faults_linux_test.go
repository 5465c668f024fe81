package screen_test

import (
	"context"
	"fmt"
	"image"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/remote/remotetest"
)

// askedForAShot is the number of requests for a picture without shared memory. The last
// one is for the pixels.
const askedForAShot = 8

// The X server ends at the first, then the second … request for a picture; for the next
// picture there is no server.
func TestXServerDies(t *testing.T) {
	for nth := int32(1); nth <= askedForAShot; nth++ {
		t.Run(fmt.Sprint(nth), func(t *testing.T) {
			stop := startX(t, "-extension", "MIT-SHM")
			asked := dieAt(t, nth, stop)
			l := sit(t)
			require.Equal(t, codec.NoDisplay, wantNoShot(t, l, "").Code)
			require.GreaterOrEqual(t, asked(), nth)
			require.Equal(t, codec.NoDisplay, wantNoShot(t, l, "").Code)
		})
	}
}

// An X server that is reset disconnects its clients once and then accepts connections
// again.
func TestXServerResets(t *testing.T) {
	startX(t, "-extension", "MIT-SHM")
	paint(t)
	whole := image.Rect(0, 0, screenWidth, screenHeight)
	t.Run("never", func(t *testing.T) {
		asked := dieAt(t, -1, nil)
		wantShot(t, sit(t), 1, image.Point{}, whole, "")
		require.EqualValues(t, askedForAShot, asked())
	})
	for nth := int32(1); nth <= askedForAShot; nth++ {
		t.Run(fmt.Sprint(nth), func(t *testing.T) {
			asked := dieAt(t, nth, func() {})
			wantShot(t, sit(t), 1, image.Point{}, whole, "")
			require.Greater(t, asked(), nth)
		})
	}
}

// dieAt makes DISPLAY name a relay to the X server. At the nth request the relay calls
// stop and hangs up. count returns the number of requests.
func dieAt(t *testing.T, nth int32, stop func()) (count func() int32) {
	t.Helper()
	server := "/tmp/.X11-unix/X" + strings.TrimPrefix(os.Getenv("DISPLAY"), ":")
	path := filepath.Join(t.TempDir(), "x:0")
	listener, err := net.Listen("unix", path)
	require.NoError(t, err)
	setDisplay(t, path)
	var asked atomic.Int32
	var wg sync.WaitGroup
	serve := func(client, x net.Conn) {
		defer client.Close()
		defer x.Close()
		wg.Go(func() { _, _ = io.Copy(client, x) })
		greeting := make([]byte, 12)
		_, _ = io.ReadFull(client, greeting)
		_, _ = x.Write(greeting)
		for b := make([]byte, 64<<10); ; { // clients wait for each answer, so each read is one request
			n, err := client.Read(b)
			if err != nil {
				return
			}
			if asked.Add(1) == nth {
				stop()
				return
			}
			_, _ = x.Write(b[:n])
		}
	}
	wg.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			x, err := net.Dial("unix", server)
			if err != nil {
				client.Close()
				continue
			}
			wg.Go(func() { serve(client, x) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		wg.Wait()
	})
	return asked.Load
}

// An X server that hangs does not prevent STOP from working.
func TestXServerHangs(t *testing.T) {
	startX(t)
	hung := make(chan struct{})
	var once sync.Once
	dieAt(t, 2, func() {
		once.Do(func() { close(hung) })
		<-t.Context().Done()
	})
	l := sit(t)
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := l.Do(ctx, link.Request{Verb: codec.MakeVerb("SHOT")})
		failed <- err
	}()
	<-hung
	began := time.Now()
	cancel()
	require.ErrorIs(t, <-failed, context.Canceled)
	require.Less(t, time.Since(began), remotetest.Timeout)
	said, err := ask(t, l, "ECHO still here")
	require.NoError(t, err)
	require.Equal(t, "still here\n", said)
}

// A display that is removed during --watch is reported as missing.
func TestDisplayIsRemoved(t *testing.T) {
	startX(t)
	needProgram(t, "xrandr")
	setMonitors(t, "a 640/169x480/127+0+0 screen", "b 800/211x600/158+640+0 none")
	l := sit(t)
	pictures := 0
	_, err := do(t, l, "SHOT -d 2 --watch 0.1", func(f codec.Frame) error {
		if f.Verb == codec.SUM {
			if pictures++; pictures == 1 {
				go func() { _ = exec.Command("xrandr", "--delmonitor", "b").Run() }()
			}
		}
		return nil
	})
	var e *codec.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, codec.NoDisplay, e.Code)
	require.Equal(t, "there is no display 2", e.Text)
	require.NotZero(t, pictures)
}

// When the X server refuses the connection, the error has the reason and a hint.
func TestXServerRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "authority")
	const wild = "\xff\xff"
	entry := wild
	// host, display, protocol, secret
	for _, word := range []string{"", "", "MIT-MAGIC-COOKIE-1", "0123456789abcdef"} {
		entry += string([]byte{0, byte(len(word))}) + word
	}
	require.NoError(t, os.WriteFile(file, []byte(entry), 0o600))
	startX(t, "-auth", file)
	t.Setenv("XAUTHORITY", filepath.Join(t.TempDir(), "none"))
	l := sit(t)
	e := wantNoShot(t, l, "")
	require.Equal(t, codec.NoDisplay, e.Code)
	require.Contains(t, e.Text, "the X server refuses")
	require.Contains(t, e.Hint, "XAUTHORITY")
	t.Setenv("XAUTHORITY", file)
	_, _, err := shoot(t, l, "")
	require.NoError(t, err)
}

// Without a portal Wayland gives no pictures, and the answer says so.
func TestWaylandIsNamed(t *testing.T) {
	startX(t) // in place of Xwayland
	t.Setenv("XDG_SESSION_TYPE", "wayland")
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path="+filepath.Join(t.TempDir(), "nobody"))
	e := wantNoShot(t, sit(t), "")
	require.Equal(t, codec.NoDisplay, e.Code)
	require.Contains(t, e.Text, "Wayland")
	require.Contains(t, e.Hint, "Xorg")
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "wayland-0")
	require.Contains(t, wantNoShot(t, sit(t), "").Hint, "Xwayland")
}

// Sessions that take pictures at the same time do not affect each other.
func TestSessionsLookAtOnce(t *testing.T) {
	startX(t)
	paint(t)
	var wg sync.WaitGroup
	for range 4 {
		l := sit(t)
		wg.Go(func() {
			for range 3 {
				_, err := l.Do(t.Context(), link.Request{Verb: codec.MakeVerb("SHOT")})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
