package link

import (
	"slices"
	"time"
)

// maxTrip limits a measured round trip. An answer takes longer only if the server is
// busy, or if a carrier had to ask for a password.
const maxTrip = 10 * time.Second

// trips are the last measured round trips, from a call to the first frame of its answer.
// Before the first of them, only the time of the greeting is known.
type trips struct {
	greeting time.Duration
	last     [4]time.Duration
	count    int
}

func (t *trips) add(d time.Duration) {
	t.last[t.count%len(t.last)] = min(d, maxTrip)
	t.count++
}

// shortest returns the shortest round trip. Longer round trips include the time in which
// the server worked.
func (t *trips) shortest() time.Duration {
	if t.count == 0 {
		return min(t.greeting, maxTrip)
	}
	return slices.Min(t.last[:min(t.count, len(t.last))])
}

// measures reports whether the time until the answer shows how far away the server is.
// This is not so for EXEC, for SH, and for calls with a stream.
func (r Request) measures() bool {
	verb := r.Verb.String()
	return r.Send == nil && verb != "EXEC" && verb != "SH"
}

// measure notes that the first frame of an answer has arrived.
func (l *Link) measure(a *pendingAnswer) {
	if a == nil || a.sent.IsZero() {
		return
	}
	l.mu.Lock()
	l.trips.add(time.Since(a.sent))
	l.mu.Unlock()
	a.sent = time.Time{}
}

// Patience returns how long to wait for an answer that a nearby server would give within
// d. It adds twice the shortest measured round trip to d, in case the next round trips
// take longer.
func (l *Link) Patience(d time.Duration) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return d + 2*l.trips.shortest()
}
