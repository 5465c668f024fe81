package client

import (
	"context"
	"math"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/shell/console"
)

// clockTries is how often the clock there is asked for its time.
const clockTries = 4

// A Reading is what the clock there has shown, and how far it was ahead of
// ours then, give or take the error.
type Reading struct {
	There        time.Time
	ahead, error time.Duration
}

// readingOf makes one of the four moments of a call: when it was sent,
// received, answered, and the answer came.
func readingOf(sent, received, answered, came time.Time) Reading {
	onItsWay := came.Sub(sent) - max(0, answered.Sub(received))
	return Reading{
		There: answered,
		ahead: received.Sub(sent)/2 + answered.Sub(came)/2,
		error: max(0, onItsWay)/2 + time.Microsecond,
	}
}

// BestReading is the one of a few that tells most.
func BestReading(ctx context.Context, conn *Client) (best Reading, err error) {
	for n := range clockTries {
		r, err := readClock(ctx, conn)
		if err != nil {
			return best, err
		}
		if n == 0 || r.error < best.error {
			best = r
		}
	}
	return best, nil
}

func readClock(ctx context.Context, conn *Client) (Reading, error) {
	var answered, received time.Time
	sent := time.Now()
	text := ""
	pairs, err := conn.Call(ctx, "TIME", nil, link.Answer{Data: func(b []byte) error {
		text = string(b)
		return nil
	}})
	came := time.Now()
	if err == nil {
		answered, err = moment(strings.TrimSpace(text))
	}
	received = answered
	if at, ok := pairs.Get("received"); ok && err == nil {
		received, err = moment(at)
	}
	r := readingOf(sent, received, answered, came)
	if seconds, ok := pairs.Get("precision"); ok && err == nil {
		var d time.Duration
		d, err = precision(seconds)
		r.error += d / 2
	}
	return r, err
}

// precision is what a clock shows no parts of, in seconds.
func precision(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text + "s")
	if err != nil || d < 0 || d > 24*time.Hour {
		err = codec.Errorf(codec.BadFrame, "%s is no precision", codec.Name(text))
	}
	return d, err
}

func moment(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		err = codec.Errorf(codec.BadFrame, "%s is no time", codec.Name(text))
	}
	return t, err
}

// String says "3 m 12 s ahead of here, ± 4 ms".
func (r Reading) String() string {
	const most = math.MaxInt64 - 1 // of two halves; what is longer is no Duration
	switch {
	case r.ahead >= most:
		return "more than 292 years ahead of here"
	case r.ahead <= -most:
		return "more than 292 years behind here"
	}
	about := ", ± " + console.ShortText(r.error)
	switch {
	case r.ahead.Abs() <= r.error:
		return "as here" + about
	case r.ahead < 0:
		return console.LongText(r.ahead.Abs()) + " behind here" + about
	}
	return console.LongText(r.ahead) + " ahead of here" + about
}
