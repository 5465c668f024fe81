package remote

import (
	"context"
	"image"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"techsh/codec"
	"techsh/remote/picture"
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

// A part of a desktop may be plain, and nothing is wrong with it.
func TestOnlyAWholeDisplayOrABlackPartIsExplained(t *testing.T) {
	blue := picture.New(image.Pt(10, 10))
	for i := 2; i < len(blue.Pix); i += 4 {
		blue.Pix[i] = 200
	}
	c := fakeCamera{obstructs: obstacle{text: "it is locked"}}
	part := wanted{region: image.Rect(0, 0, 10, 10)}
	for _, test := range []struct {
		wanted
		m    *picture.Image
		want codec.Pairs
	}{
		{wanted{}, blue, codec.Pairs{{Key: "uniform", Value: "#0000c8"}, {Key: "reason", Value: "it is locked"}}},
		{part, blue, codec.Pairs{{Key: "uniform", Value: "#0000c8"}}},
		{part, picture.New(image.Pt(10, 10)), codec.Pairs{{Key: "uniform", Value: "#000000"}, {Key: "reason", Value: "it is locked"}}},
	} {
		require.Equal(t, test.want, (&shooting{wanted: test.wanted}).nothing(t.Context(), c, test.m))
	}
}

// A system that does not say what is in the way keeps no picture for ever.
func TestAnObstacleIsLookedForInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		pairs := new(shooting).nothing(t.Context(), fakeCamera{hangs: true}, picture.New(image.Pt(1, 1)))
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
