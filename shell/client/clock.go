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

// clockTries is the number of times that ReadClock requests the remote time.
const clockTries = 4

// A ClockReading is the time of the remote clock, in its time zone, and the
// difference from the local clock.
type ClockReading struct {
	Remote time.Time
	ahead  time.Duration // negative if the remote clock is behind
	error  time.Duration // the possible error of the field ahead, in either direction
}

// newClockReading returns the reading from one call. sent and came are the local times
// of the call and of its answer. received and answered are the times at which the remote
// received and answered the call.
func newClockReading(sent, received, answered, came time.Time) ClockReading {
	travelled := came.Sub(sent) - max(0, answered.Sub(received))
	return ClockReading{
		Remote: answered,
		ahead:  received.Sub(sent)/2 + answered.Sub(came)/2,
		error:  max(0, travelled)/2 + time.Microsecond,
	}
}

// ReadClock requests the remote time several times and returns the most precise
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
		answered, err = parseMoment(strings.TrimSpace(text))
	}
	received = answered
	if at, ok := pairs.Get("received"); ok && err == nil {
		received, err = parseMoment(at)
	}
	r := newClockReading(sent, received, answered, came)
	if seconds, ok := pairs.Get("precision"); ok && err == nil {
		var d time.Duration
		d, err = parsePrecision(seconds)
		r.error += d / 2
	}
	return r, err
}

// parsePrecision parses the resolution of a clock in seconds.
func parsePrecision(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text + "s")
	if err != nil || d < 0 || d > 24*time.Hour {
		err = codec.Errorf(codec.BadFrame, "%s is not a precision", codec.Name(text))
	}
	return d, err
}

// parseMoment parses a time with its time zone.
func parseMoment(text string) (time.Time, error) {
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		err = codec.Errorf(codec.BadFrame, "%s is not a time", codec.Name(text))
	}
	return t, err
}

// String returns a text such as "3 m 12 s ahead of the local clock, ± 4 ms".
func (r ClockReading) String() string {
	const most = math.MaxInt64 - 1 // the largest possible value of ahead, which is the sum of two halves
	switch {
	case r.ahead >= most:
		return "more than 292 years ahead of the local clock"
	case r.ahead <= -most:
		return "more than 292 years behind the local clock"
	}
	about := ", ± " + console.FormatLatency(r.error)
	switch {
	case r.ahead.Abs() <= r.error:
		return "as the local clock" + about
	case r.ahead < 0:
		return console.FormatSpan(r.ahead.Abs()) + " behind the local clock" + about
	}
	return console.FormatSpan(r.ahead) + " ahead of the local clock" + about
}
