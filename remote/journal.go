package remote

import (
	"errors"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
)

// audit keeps what becomes of a call that needs a right.
func (s *session) audit(r *request, what string, err error) error {
	if s.server.Audit == nil || r.row.right == trust.NoRights {
		return nil
	}
	e := Event{What: what, Verb: r.name(), Words: r.said()}
	if what != "open" {
		e.Result, e.Sum, e.Took = result(err), r.sum, r.took
		e.Bytes, _ = r.pairs.Int("bytes")
	}
	return s.record(e)
}

// keep is audit for what is no call.
func (s *session) keep(e Event) {
	if err := s.record(e); err != nil {
		s.log.Error("audit", "err", err)
	}
}

func (s *session) record(e Event) error {
	e.Time, e.Session, e.Peer, e.ID, e.From = time.Now(), s.id, s.guest.name, string(s.guest.id), s.from
	return s.server.Audit.Write(e)
}

// result is how something ended, for the audit log.
func result(err error) string {
	if err == nil || errors.Is(err, link.ErrBye) {
		return "ok"
	}
	e := codec.Explain("", err)
	return string(e.Code) + ": " + e.Error()
}
