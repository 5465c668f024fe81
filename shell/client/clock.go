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

// A ClockReading is what the clock there has shown, and how far it was ahead of
// ours then, give or take the error.
type ClockReading struct {
	Remote       time.Time
	ahead, error time.Duration
}

// readingOf makes one of the four moments of a call: when it was sent,
// received, answered, and the answer came.
func readingOf(sent, received, answered, came time.Time) ClockReading {
	onItsWay := came.Sub(sent) - max(0, answered.Sub(received))
	return ClockReading{
		Remote: answered,
		ahead:  received.Sub(sent)/2 + answered.Sub(came)/2,
		error:  max(0, onItsWay)/2 + time.Microsecond,
	}
}

// ReadClock asks the remote for its time a few times and returns the most exact
// reading.
func (c *Client) ReadClock(ctx context.Context) (best ClockReading, err error) {
	for n := range clockTries {
		r, err := c.readClockOnce(ctx)
		if err != nil {
			return best, err
		}
		if n == 0 || r.error < best.error {
			best = r
		}
	}
	return best, nil
}

func (c *Client) readClockOnce(ctx context.Context) (ClockReading, error) {
	var answered, received time.Time
	sent := time.Now()
	text := ""
	pairs, err := c.Call(ctx, "TIME", nil, link.Answer{Data: func(b []byte) error {
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
func (r ClockReading) String() string {
	const most = math.MaxInt64 - 1 // of two halves; what is longer is no Duration
	switch {
	case r.ahead >= most:
		return "more than 292 years ahead of here"
	case r.ahead <= -most:
		return "more than 292 years behind here"
	}
	about := ", ± " + console.FormatLatency(r.error)
	switch {
	case r.ahead.Abs() <= r.error:
		return "as here" + about
	case r.ahead < 0:
		return console.FormatSpan(r.ahead.Abs()) + " behind here" + about
	}
	return console.FormatSpan(r.ahead) + " ahead of here" + about
}
