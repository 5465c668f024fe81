package dialect

import (
	"context"
	"strconv"
	"strings"
	"time"

	"techsh/codec"
)

// clock answers with the clock of the server. The reply has no time zone; that of this
// computer is assumed.
func (a *client) clock(ctx context.Context, c *clientCall) (codec.Pairs, error) {
	reply, err := a.command(ctx, replyTimeout, "TIME", nil)
	if err != nil {
		return nil, err
	}
	t, precision, ok := parseClock(strings.TrimSpace(reply), time.Now())
	if !ok {
		return nil, codec.Errorf(
			codec.Unsupported, "the server sent %q, which is not a time in a known format", reply,
		)
	}
	// The reply arrived at a.replied. On average, the clock of the server was then ahead
	// of t by half of precision. readReply has waited for more data since then, so the
	// time since a.replied is added below.
	received := t.Add(precision / 2)
	pairs := codec.Pairs{
		codec.PairOf("received", received.Format(codec.TimeLayout)),
		codec.PairOf("precision", strconv.FormatFloat(precision.Seconds(), 'f', -1, 64)),
	}
	return pairs, c.data([]byte(received.Add(time.Since(a.replied)).Format(codec.TimeLayout) + "\n"))
}

// parseClock parses the formats of time that servers of the course use.
func parseClock(text string, now time.Time) (t time.Time, precision time.Duration, ok bool) {
	for _, layout := range []string{
		time.ANSIC, "15:04:05", "2006-01-02 15:04:05", "02/01/2006 15:04:05", time.RFC3339, "15:04",
	} {
		// ParseInLocation accepts fractions of seconds although the layout has none
		t, err := time.ParseInLocation(layout, text, now.Location())
		if err != nil {
			continue
		}
		if t.Year() == 0 {
			t = time.Date(
				now.Year(), now.Month(), now.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(),
				now.Location(),
			)
		}
		precision = time.Second
		switch {
		case strings.Contains(text, "."):
			precision = time.Microsecond
		case layout == "15:04":
			precision = time.Minute
		}
		return t, precision, true
	}
	return time.Time{}, 0, false
}
