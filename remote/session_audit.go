package remote

import (
	"errors"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote/audit"
)

const repeatTime = time.Minute // after this time, a repeated call is recorded again

// A repeatedCall is the last call of a session, if it changed nothing. When the client
// repeats the call with the same result, the repetition is counted instead of recorded.
type repeatedCall struct {
	audit.Event // the call, with the totals of its repetitions
	since       time.Time
	running     bool // a repetition is running
}

// counts reports whether e belongs to a repetition of the call. If so, it adds e to the
// totals.
func (c *repeatedCall) counts(e audit.Event) bool {
	switch {
	case e.What == "open" && e.Verb == c.Verb && e.Words == c.Words && time.Since(c.since) < repeatTime:
		c.running = true
		return true
	case e.What == "close" && c.running && e.Result == c.Result && e.Sum == c.Sum:
		c.running = false
		c.Times++
		c.Bytes += e.Bytes
		c.Took += e.Took
		return true
	}
	return false
}

// recordCall writes an event about a call to the audit log. A call that needs no right is
// not recorded, and a repeated call is only counted.
func (s *session) recordCall(r *call, what string, err error) error {
	if s.server.Audit == nil || r.Row.Right == trust.NoRights {
		return nil
	}
	e := audit.Event{What: what, Verb: r.Name(), Words: r.Shown(), Right: r.Row.Right}
	if what != "open" {
		e.Result, e.Sum, e.Took = result(err), r.Sum, r.took
		e.Bytes, _ = r.pairs.Int("bytes")
	}
	if r.Call.Abandoned() {
		return s.write(e) // the late end of an abandoned call; meanwhile other calls may have been counted
	}
	if s.repeated.counts(e) {
		return nil
	}
	s.recordRepeated()
	if what == "close" && r.Row.Right&trust.Changing == 0 {
		s.repeated = repeatedCall{since: time.Now(), Event: audit.Event{
			What: what, Verb: e.Verb, Words: e.Words, Result: e.Result, Sum: e.Sum, Right: e.Right,
		}}
	}
	return s.write(e)
}

// recordRepeated writes the number of repeated calls, if there were any.
func (s *session) recordRepeated() {
	e := s.repeated.Event
	s.repeated = repeatedCall{}
	if e.Times > 0 {
		s.record(e)
	}
}

// record writes an event that is not about a call.
func (s *session) record(e audit.Event) {
	if err := s.write(e); err != nil {
		s.log.Error("audit", "err", err)
	}
}

func (s *session) write(e audit.Event) error {
	e.Time, e.Session, e.From = time.Now(), s.id, s.from
	e.Peer, e.ID = s.guest.Name(), string(s.guest.ID())
	return s.server.Audit.Write(e)
}

// result returns the text of an error for the audit log. For nil this is "ok".
func result(err error) string {
	if err == nil || errors.Is(err, link.ErrBye) {
		return "ok"
	}
	e := codec.Explain("", err)
	return string(e.Code) + ": " + e.Error()
}
