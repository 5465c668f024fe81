package remote

import (
	"errors"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote/audit"
)

// recordCall writes an event about a call that needs a right.
func (s *session) recordCall(r *call, what string, err error) error {
	if s.server.Audit == nil || r.Row.Right == trust.NoRights {
		return nil
	}
	e := audit.Event{What: what, Verb: r.Name(), Words: r.Shown()}
	if what != "open" {
		e.Result, e.Sum, e.Took = result(err), r.Sum, r.took
		e.Bytes, _ = r.pairs.Int("bytes")
	}
	return s.write(e)
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

// result returns the text of an error for the audit log, "ok" for nil.
func result(err error) string {
	if err == nil || errors.Is(err, link.ErrBye) {
		return "ok"
	}
	e := codec.Explain("", err)
	return string(e.Code) + ": " + e.Error()
}
