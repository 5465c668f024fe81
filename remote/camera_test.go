package remote

import (
	"bytes"
	"context"
	"image"
	"log/slog"
	"net"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote/screen/picture"
)

// A fakeCamera tells one obstacle, or never answers.
type fakeCamera struct {
	camera
	obstructs obstacle
	hangs     bool
}

func (c fakeCamera) obstacle(ctx context.Context) obstacle {
	if c.hangs {
		<-ctx.Done()
	}
	return c.obstructs
}

// A plainCamera sees two displays, on which there is nothing.
type plainCamera struct{ fakeCamera }

func (plainCamera) close() {}

func (plainCamera) displays(context.Context) ([]codec.Display, error) {
	return []codec.Display{{Number: 1, Bounds: image.Rect(0, 0, 8, 8)}, {Number: 2, Bounds: image.Rect(8, 0, 12, 4)}}, nil
}

func (plainCamera) grab(_ context.Context, bounds image.Rectangle) (*picture.Image, error) {
	return picture.New(bounds.Size()), nil
}

// visit is a session of Ann's, until she leaves.
func visit(t *testing.T, s *Server) (l *link.Link, leave func()) {
	here, there := net.Pipe()
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.ServeConn(context.Background(), there, "Ann") })
	l, _, err := link.Open(t.Context(), here, link.Opening{})
	require.NoError(t, err)
	return l, func() {
		l.Close()
		wg.Wait()
	}
}

func TestTheConsoleSaysWhoLooksAtWhichDisplay(t *testing.T) {
	var log bytes.Buffer
	s := &Server{Log: slog.New(slog.NewTextHandler(&log, nil))}
	l, leave := visit(t, s)
	for _, line := range []string{"-d 2", "-d all", "", "--watch 0.1 -n 3 -d 2"} {
		s.cameras.close()
		s.cameras.keep(plainCamera{})
		var words []codec.Word
		for word := range strings.FieldsSeq(line) {
			words = append(words, codec.Bare(word))
		}
		_, err := l.Do(t.Context(), link.Request{Verb: codec.MakeVerb("SHOT"), Words: words, Recv: func(codec.Frame) error { return nil }})
		require.NoError(t, err)
	}
	leave()
	said := regexp.MustCompile(`peer=Ann (display|pictures)=.*`).FindAllString(log.String(), -1)
	require.Equal(t, []string{"peer=Ann display=2", "peer=Ann display=all", "peer=Ann display=1", "peer=Ann display=2 every=100ms", "peer=Ann pictures=3"}, said)
}

func TestAWatchEndsWithTheRightToIt(t *testing.T) {
	s := &Server{Log: slog.New(slog.DiscardHandler)}
	s.cameras.keep(plainCamera{})
	here, there := net.Pipe()
	watched := link.NewTimedConn(there)
	var rights atomic.Int64
	rights.Store(int64(trust.AllRights))
	g := &Guest{name: "Ann", conn: codec.NewConn(watched), watched: watched, may: func() (trust.Rights, error) { return trust.Rights(rights.Load()), nil }}
	g.conn.Hand = true
	var wg sync.WaitGroup
	wg.Go(func() { _ = s.serve(context.Background(), g, "here") })
	l, _, err := link.Open(t.Context(), here, link.Opening{})
	require.NoError(t, err)
	came := 0
	_, err = l.Do(t.Context(), link.Request{Verb: codec.MakeVerb("SHOT"), Words: []codec.Word{codec.Bare("--watch"), codec.Bare("0.1")}, Recv: func(f codec.Frame) error {
		if f.Verb == codec.SUM {
			came++
			rights.Store(int64(trust.AllRights &^ trust.Shot))
		}
		return nil
	}})
	require.ErrorIs(t, err, &codec.Error{Code: codec.NotAllowed})
	require.Equal(t, 1, came)
	_, err = l.Do(t.Context(), link.Request{Verb: codec.MakeVerb("PING")})
	require.NoError(t, err, "the rest of the rights stay")
	l.Close()
	here.Close()
	wg.Wait()
}

// A tornCamera sees a picture whose last line is missing.
type tornCamera struct{ plainCamera }

func (tornCamera) grab(context.Context, image.Rectangle) (*picture.Image, error) {
	m := picture.New(image.Pt(8, 32))
	for i := range m.Pix {
		m.Pix[i] = byte(i)
	}
	m.Pix = slices.Clip(m.Pix[:len(m.Pix)-m.Stride])
	return m, nil
}

// What goes wrong while a picture is made is for the log, whichever goroutine
// it was in.
func TestAPanicInAPictureIsToldTheLogOnly(t *testing.T) {
	for _, options := range []string{"--format png", "--format jpeg", "--scale 0.5"} {
		var log bytes.Buffer
		s := &Server{Log: slog.New(slog.NewTextHandler(&log, nil))}
		l, leave := visit(t, s)
		s.cameras.keep(tornCamera{})
		words, err := codec.Split(options)
		require.NoError(t, err)
		_, err = l.Do(t.Context(), link.Request{Verb: codec.MakeVerb("SHOT"), Words: words, Recv: func(codec.Frame) error { return nil }})
		require.ErrorIs(t, err, &codec.Error{Code: codec.Internal}, options)
		require.ErrorContains(t, err, "its log has the details")
		require.NotContains(t, err.Error(), "goroutine")
		require.NotContains(t, err.Error(), "out of range")
		leave()
		require.Contains(t, log.String(), "out of range", options)
		require.Contains(t, log.String(), "picture.(*", "where it was")
	}
}

// A display that has moved shows something else, even if it looks the same.
func TestADisplayThatHasMovedHasChanged(t *testing.T) {
	s := &shooting{wanted: wanted{every: time.Second, changed: true}}
	at := func(x int) sight {
		return sight{view{bounds: image.Rect(x, 0, x+4, 4)}, picture.New(image.Pt(4, 4))}
	}
	for _, c := range []struct {
		x       int
		changed string
		wanted  bool
	}{{0, "", true}, {0, "none", false}, {-4, "-4,0,4x4", true}, {-4, "none", false}} {
		changed, wanted := s.compare(at(c.x))
		require.Equal(t, c.changed, changed)
		require.Equal(t, c.wanted, wanted)
	}
}

// A wallCamera shows the same whatever it is asked for, always in one memory.
type wallCamera struct {
	plainCamera
	whole, shown *picture.Image
}

func (c wallCamera) grab(context.Context, image.Rectangle) (*picture.Image, error) {
	copy(c.shown.Pix, c.whole.Pix)
	return c.shown, nil
}

// A part of a desktop may be plain, and nothing is wrong with it.
func TestOnlyAWholeDisplayOrAPartOfABlackOneIsExplained(t *testing.T) {
	black, blue := picture.New(image.Pt(8, 8)), picture.New(image.Pt(8, 8))
	for i := 2; i < len(blue.Pix); i += 4 {
		blue.Pix[i] = 200
	}
	part := wanted{display: 1, scale: 1, region: image.Rect(0, 0, 8, 8)}
	for _, test := range []struct {
		wanted
		m, whole *picture.Image
		want     codec.Pairs
	}{
		{wanted{}, blue, blue, codec.Pairs{{Key: "uniform", Value: "#0000c8"}, {Key: "reason", Value: "it is locked"}}},
		{part, blue, blue, codec.Pairs{{Key: "uniform", Value: "#0000c8"}}},
		{part, black, blue, codec.Pairs{{Key: "uniform", Value: "#000000"}}},
		{part, black, black, codec.Pairs{{Key: "uniform", Value: "#000000"}, {Key: "reason", Value: "it is locked"}}},
	} {
		c := wallCamera{plainCamera{fakeCamera{obstructs: obstacle{text: "it is locked"}}}, test.whole, test.m.Clone(nil)}
		seen := sight{picture: c.shown}
		require.Equal(t, test.want, (&shooting{wanted: test.wanted}).nothing(t.Context(), c, &seen))
		require.Equal(t, test.m.Pix, seen.picture.Pix, "the picture is another one")
	}
}

// A system that does not say what is in the way keeps no picture for ever.
func TestAnObstacleIsLookedForInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		pairs := new(shooting).nothing(t.Context(), fakeCamera{hangs: true}, &sight{picture: picture.New(image.Pt(1, 1))})
		require.Equal(t, codec.Pairs{{Key: "uniform", Value: "#000000"}}, pairs)
		require.Equal(t, shotTime, time.Since(began))
	})
}

// What never ends inside the library is not begun again and again.
func TestCallsThatHangInsideTheLibraryAreNotMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		turns, answer := make(chan struct{}, mostInside), make(chan struct{})
		var inside atomic.Int32
		hang := func() (int32, error) {
			defer inside.Add(-1)
			n := inside.Add(1)
			<-answer
			return n, nil
		}
		for range 3 * mostInside {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			_, err := calling(ctx, turns, hang)
			cancel()
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		require.EqualValues(t, mostInside, inside.Load())
		close(answer)
		synctest.Wait()
		n, err := calling(t.Context(), turns, hang)
		require.NoError(t, err)
		require.EqualValues(t, 1, n)
	})
}

// What a panic of the library was is for the log, and not for the technician.
func TestPanicInsideTheLibraryIsForTheLogOnly(t *testing.T) {
	_, err := calling(t.Context(), make(chan struct{}, 1), func() (int, error) { panic("boom, on purpose") })
	require.ErrorContains(t, err, "boom, on purpose")
	told := codec.Explain("", err)
	require.Equal(t, codec.Internal, told.Code)
	require.NotContains(t, told.Error(), "boom")
}
