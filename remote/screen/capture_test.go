package screen_test

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"log/slog"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote/screen"
	"techsh/remote/screen/picture"
	"techsh/remote/verb"
)

// A fakeCapture is a capture of two empty displays.
type fakeCapture struct {
	obstacle screen.Obstacle
	hangs    bool // so that Obstacle does not return in time
}

func (fakeCapture) Displays(context.Context) ([]codec.Display, error) {
	return []codec.Display{
		{Number: 1, Bounds: image.Rect(0, 0, 8, 8)},
		{Number: 2, Bounds: image.Rect(8, 0, 12, 4)},
	}, nil
}

func (fakeCapture) Grab(_ context.Context, bounds image.Rectangle) (*picture.Image, error) {
	return picture.New(bounds.Size()), nil
}

func (c fakeCapture) Obstacle(ctx context.Context) screen.Obstacle {
	if c.hangs {
		<-ctx.Done()
	}
	return c.obstacle
}

func (fakeCapture) Close() {}

// everything is a May function that allows everything.
func everything(trust.Rights) error { return nil }

// serve serves the verbs of a Screen that uses c.
func serve(t *testing.T, c screen.Capture, log *slog.Logger, may func(trust.Rights) error) *link.Link {
	t.Helper()
	room := screen.NewWith(func() screen.Capture { return c })
	client, server := net.Pipe()
	timed := link.NewTimedConn(server)
	conn := codec.NewConn(timed)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = conn.WriteWords(
			codec.HELO,
			codec.Hello{Versions: []string{codec.Version}, Session: "1", System: "linux", Cwd: "/"}.Words()...,
		)
		_ = conn.Flush()
		_ = link.New(conn, timed).Serve(t.Context(), func(ctx context.Context, c *link.Call) (codec.Pairs, error) {
			row, err := room.Rows().Find(c)
			if err != nil {
				return nil, err
			}
			c.NoStream()
			words, line, err := c.Words()
			if err != nil {
				return nil, err
			}
			args, err := codec.Options(words, row.Options, row.OptionsFirst)
			if err != nil {
				return nil, err
			}
			r := &verb.Request{Row: row, Call: c, Args: args, Line: line, May: may, Log: log}
			return r.Run(ctx)
		})
	}()
	l, _, err := link.Open(t.Context(), client, link.Opening{})
	require.NoError(t, err)
	t.Cleanup(func() {
		l.Close()
		<-ended
		room.Close()
	})
	return l
}

// shots makes a SHOT, and returns the pairs and the contents of its pictures.
func shots(t *testing.T, l *link.Link, words string) (pairs []codec.Pairs, files [][]byte, err error) {
	t.Helper()
	split, err := codec.Split(words)
	require.NoError(t, err)
	r := link.Request{Verb: codec.MakeVerb("SHOT"), Words: split}
	r.Recv = func(f codec.Frame) error {
		switch f.Verb {
		case codec.FILE:
			e, err := codec.ParseEntry(strings.TrimSuffix(string(f.Body), "\n"))
			if err != nil {
				return err
			}
			pairs, files = append(pairs, e.More), append(files, nil)
		case codec.DATA:
			files[len(files)-1] = append(files[len(files)-1], f.Body...)
		}
		return nil
	}
	_, err = l.Do(t.Context(), r)
	return pairs, files, err
}

func TestLogNamesTheDisplay(t *testing.T) {
	var log bytes.Buffer
	l := serve(t, fakeCapture{}, slog.New(slog.NewTextHandler(&log, nil)).With("peer", "Ann"), everything)
	for _, words := range []string{"-d 2", "-d all", "", "--watch 0.1 -n 3 -d 2"} {
		_, _, err := shots(t, l, words)
		require.NoError(t, err)
	}
	require.Equal(t, []string{
		"peer=Ann display=2", "peer=Ann display=all", "peer=Ann display=1",
		"peer=Ann display=2 every=100ms", "peer=Ann pictures=3",
	}, regexp.MustCompile(`peer=Ann (display|pictures)=.*`).FindAllString(log.String(), -1))
}

func TestAWatchEndsWithTheRightToIt(t *testing.T) {
	var asked trust.Rights
	gone := codec.Errorf(codec.NotAllowed, "no more")
	l := serve(t, fakeCapture{}, slog.New(slog.DiscardHandler), func(right trust.Rights) error {
		asked = right
		return gone
	})
	pictures, _, err := shots(t, l, "--watch 0.1")
	require.ErrorIs(t, err, gone)
	require.Len(t, pictures, 1)
	require.Equal(t, trust.Shot, asked)
	_, err = l.Do(
		t.Context(),
		link.Request{Verb: codec.MakeVerb("DISP"), Recv: func(codec.Frame) error { return nil }},
	)
	require.NoError(t, err, "the session goes on")
}

// A tornCapture returns a picture whose last line is missing.
type tornCapture struct{ fakeCapture }

func (tornCapture) Grab(context.Context, image.Rectangle) (*picture.Image, error) {
	m := picture.New(image.Pt(8, 32))
	for i := range m.Pix {
		m.Pix[i] = byte(i)
	}
	m.Pix = slices.Clip(m.Pix[:len(m.Pix)-m.Stride])
	return m, nil
}

// The details of a panic during encoding, in any goroutine, go to the log only.
func TestPanicInAPictureIsOnlyLogged(t *testing.T) {
	for _, options := range []string{"--format png", "--format jpeg", "--scale 0.5"} {
		var log bytes.Buffer
		l := serve(t, tornCapture{}, slog.New(slog.NewTextHandler(&log, nil)), everything)
		_, _, err := shots(t, l, options)
		require.ErrorIs(t, err, &codec.Error{Code: codec.Internal}, options)
		require.ErrorContains(t, err, "its log has the details")
		require.NotContains(t, err.Error(), "goroutine")
		require.NotContains(t, err.Error(), "out of range")
		require.Contains(t, log.String(), "out of range", options)
		require.Contains(t, log.String(), "picture.(*", "where it was")
	}
}

// A movingCapture is a capture of one display, which moves after every second call of
// Displays.
type movingCapture struct {
	fakeCapture
	looks *int
}

func (c movingCapture) Displays(context.Context) ([]codec.Display, error) {
	x := -4 * (*c.looks / 2)
	*c.looks++
	return []codec.Display{{Number: 1, Bounds: image.Rect(x, 0, x+4, 4)}}, nil
}

// A display that has moved counts as changed, even if the picture is the same.
func TestADisplayThatHasMovedHasChanged(t *testing.T) {
	l := serve(t, movingCapture{looks: new(int)}, slog.New(slog.DiscardHandler), everything)
	var changed []string
	pictures, _, err := shots(t, l, "--watch 0.1 --changed -n 3")
	require.NoError(t, err)
	for _, pairs := range pictures {
		value, _ := pairs.Get("changed")
		changed = append(changed, value)
	}
	require.Equal(t, []string{"", "-4,0,4x4", "-8,0,4x4"}, changed)
	looks := 0
	l = serve(t, movingCapture{looks: &looks}, slog.New(slog.DiscardHandler), everything)
	pictures, _, err = shots(t, l, "--watch 0.1 -n 2")
	require.NoError(t, err)
	same, _ := pictures[1].Get("changed")
	require.Equal(t, "none", same)
}

// A wallCapture returns first a part and then the whole, in the same memory.
type wallCapture struct {
	fakeCapture
	part, whole, memory *picture.Image
	looks               *int
}

func (c wallCapture) Grab(context.Context, image.Rectangle) (*picture.Image, error) {
	pix := c.part.Pix
	if *c.looks > 0 {
		pix = c.whole.Pix
	}
	*c.looks++
	copy(c.memory.Pix, pix)
	return c.memory, nil
}

// A part of a desktop may have a single colour without any obstacle.
func TestReasonIsGivenOnlyForABlackDisplay(t *testing.T) {
	black, blue := picture.New(image.Pt(8, 8)), picture.New(image.Pt(8, 8))
	for i := 2; i < len(blue.Pix); i += 4 {
		blue.Pix[i] = 200
	}
	const part = "-r 0,0,8x8"
	for _, c := range []struct {
		words       string
		part, whole *picture.Image
		uniform     string
		reason      string
	}{
		{"", blue, blue, "#0000c8", "it is locked"},
		{part, blue, blue, "#0000c8", ""},
		{part, black, blue, "#000000", ""},
		{part, black, black, "#000000", "it is locked"},
	} {
		l := serve(t, wallCapture{
			fakeCapture: fakeCapture{obstacle: screen.Obstacle{Text: "it is locked"}},
			part:        c.part, whole: c.whole, memory: c.part.Clone(nil), looks: new(int),
		}, slog.New(slog.DiscardHandler), everything)
		pictures, files, err := shots(t, l, c.words)
		require.NoError(t, err)
		uniform, _ := pictures[0].Get("uniform")
		reason, _ := pictures[0].Get("reason")
		require.Equal(t, []string{c.uniform, c.reason}, []string{uniform, reason})
		m, err := png.Decode(bytes.NewReader(files[0]))
		require.NoError(t, err)
		_, _, b, _ := m.At(3, 3).RGBA()
		require.EqualValues(t, c.part.Pix[2], b>>8, "the picture is another one")
	}
}

// A system that does not report obstacles in time does not block a picture.
func TestObstacleHasATimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := serve(t, fakeCapture{hangs: true}, slog.New(slog.DiscardHandler), everything)
		began := time.Now()
		pictures, _, err := shots(t, l, "")
		require.NoError(t, err)
		require.Equal(t, screen.CaptureTimeout, time.Since(began))
		uniform, _ := pictures[0].Get("uniform")
		require.Equal(t, "#000000", uniform)
		_, ok := pictures[0].Get("reason")
		require.False(t, ok)
	})
}

// Calls of the library that never return are limited in number.
func TestHangingCallsOfTheLibraryAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns, answer := make(chan struct{}, screen.MaxCalls), make(chan struct{})
		var inside atomic.Int32
		hang := func() (int, error) {
			defer inside.Add(-1)
			n := inside.Add(1)
			<-answer
			return int(n), nil
		}
		for range 3 * screen.MaxCalls {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := screen.CallLibrary(ctx, turns, hang)
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		require.EqualValues(t, screen.MaxCalls, inside.Load())
		close(answer)
		synctest.Wait()
		n, err := screen.CallLibrary(t.Context(), turns, hang)
		require.NoError(t, err)
		require.Equal(t, 1, n)
	})
}

// The details of a panic in the library go to the log, not to the technician.
func TestPanicInsideTheLibraryIsForTheLogOnly(t *testing.T) {
	_, err := screen.CallLibrary(
		t.Context(),
		make(chan struct{}, 1),
		func() (int, error) { panic("boom, on purpose") },
	)
	require.ErrorContains(t, err, "boom, on purpose")
	told := codec.Explain("", err)
	require.Equal(t, codec.Internal, told.Code)
	require.NotContains(t, told.Error(), "boom")
}
