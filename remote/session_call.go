package remote

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/trust"
	"techsh/remote/verb"
)

const maxTries = 10 // the maximum number of retries of a call whose plan changed after the person agreed

// A call is a request and the state of its logging.
type call struct {
	*verb.Request
	unlogged bool // the call was not logged: it was stopped before, or refused too soon after another refused call
	pairs    codec.Pairs
	took     time.Duration
}

// handle answers one call.
func (s *session) handle(ctx context.Context, c *link.Call) (codec.Pairs, error) {
	started := time.Now()
	view := *s.view // a copy, because a handler that was abandoned must not change the session
	c.Commit(func() {
		s.view.Cwd = view.Cwd
		s.ended()
	})
	r := &call{Request: &verb.Request{
		Call: c, View: &view, Log: s.log, May: s.may,
		Peer: verb.Peer{Name: s.guest.Name(), Key: s.guest.Key()},
	}}
	pairs, err := s.perform(ctx, r)
	switch took := time.Since(started).Round(time.Millisecond); {
	case r.unlogged, c.Abandoned():
	case err != nil && !errors.Is(err, link.ErrBye):
		s.log.WarnContext(ctx, "failed", "verb", r.Name(), "err", codec.Show(err.Error()), "took", took)
	case took > time.Second:
		s.log.InfoContext(ctx, "done", "verb", r.Name(), "took", took)
	}
	return pairs, err
}

// may returns nil if the guest has a right, and otherwise the reason why it does not.
// If the guest is no longer admitted, the error ends the session.
func (s *session) may(right trust.Rights) error {
	may, err := s.rightsNow()
	if err != nil {
		return link.Fatal(err)
	}
	if !may.Has(right) {
		return s.refusal(right, may)
	}
	return nil
}

// refusal returns the error for a missing right. The error does not name the verb,
// because the user has often typed a command with another name. The parameter may holds
// the rights of the guest.
func (s *session) refusal(right, may trust.Rights) error {
	e := codec.Errorf(codec.NotAllowed, "%s may not %s on %s (may: %s)",
		s.guest.Name(), strings.Join(right.Words(), " "), s.server.known().self.Host, strings.Join(may.Words(), " "))
	e.Hint = "its owner can invite you again with more rights"
	if !(trust.AllRights &^ s.server.Deny).Has(right) {
		e.Hint = "techshd was started so that nobody may"
	}
	return e
}

// find returns the row for the verb of a call. It returns an error if there is no such
// verb. If the guest may not call the verb, it returns both the row and an error.
func (s *session) find(c *link.Call) (verb.Row, error) {
	may, err := s.rightsNow()
	if err != nil {
		return verb.Row{}, link.Fatal(err)
	}
	row, err := s.verbs.Find(c)
	if err == nil && !may.Has(row.Right) {
		err = s.refusal(row.Right, may)
	}
	return row, err
}

// perform carries out a call if the guest has the right to it.
func (s *session) perform(ctx context.Context, r *call) (pairs codec.Pairs, err error) {
	if r.Row, err = s.find(r.Call); err != nil {
		r.Call.NoStream()
		return nil, s.refused(r, err)
	}
	if !r.Row.Stream {
		r.Call.NoStream()
	}
	words, line, err := r.Call.Words()
	if err != nil {
		return nil, err
	}
	r.Line = line
	if r.Args, err = codec.Options(words, r.Row.Options, r.Row.OptionsFirst); err != nil {
		err = codec.Errorf(codec.BadRequest, "%v: %s", err, r.Row.Usage())
		return nil, cmp.Or(s.show(ctx, r), err)
	}
	if err := s.show(ctx, r); err != nil {
		return nil, err
	}
	s.started(r)
	var started time.Time
	for tries := 0; ; tries++ {
		if err := s.begin(ctx, r); err != nil {
			r.Call.NoStream()
			return nil, err
		}
		started = time.Now()
		if pairs, err = r.Run(ctx); !errors.Is(err, verb.ErrAskAgain) || tries == maxTries {
			break
		}
	}
	r.pairs, r.took = pairs, time.Since(started)
	if aerr := s.recordCall(r, "close", err); aerr != nil {
		s.log.Error("audit", "err", aerr)
	}
	return pairs, err
}

// refused logs that the guest has made a call without the right to it. It limits the rate
// of these records, so that a guest cannot bury earlier records.
func (s *session) refused(r *call, why error) error {
	if r.Row.Verb == "" {
		return why // the verb does not exist, or the guest is no longer admitted
	}
	_, r.Line, _ = r.Call.Words()
	skipped, ok := s.refusals.Allow()
	if r.unlogged = !ok; r.unlogged {
		return why
	}
	s.log.Info(r.Name(), "words", r.Shown(), "untold", skipped) // logged at most once a second
	return errors.Join(why, s.recordCall(r, "refused", why))
}

// show logs a call for the person at this computer. Calls for Tab completion are logged
// only once in a session. If many lines of the session have not been written yet, show
// waits. If the call is stopped meanwhile, show returns an error, and the call must not
// be carried out.
func (s *session) show(ctx context.Context, r *call) error {
	name := r.Name()
	if r.Row.Verb == "DIR" && r.Args.Has("c") {
		name = "completes"
		if s.completed {
			return nil
		}
		s.completed = true
	}
	if !s.log.Enabled(ctx, slog.LevelInfo) {
		return nil
	}
	line := slog.NewRecord(time.Now(), slog.LevelInfo, name, 0)
	line.Add("words", r.Shown())
	if err := s.log.Handler().Handle(ctx, line); err != nil && ctx.Err() != nil {
		r.unlogged = true
		return context.Cause(ctx)
	}
	return nil
}

// permit checks a call and asks the person at this computer about it.
func (s *session) permit(ctx context.Context, r *call) error {
	if r.Row.Check != nil {
		if err := r.Row.Check(r.Request); err != nil {
			return err
		}
	}
	return s.consent.Ask(ctx, r.Request)
}

// begin does what must happen before a call is carried out: it asks the person at this
// computer and writes to the audit log.
func (s *session) begin(ctx context.Context, r *call) error {
	if err := s.server.abandoned.refuse(r.Row); err != nil {
		return err
	}
	if err := s.permit(ctx, r); err != nil {
		return errors.Join(err, s.recordCall(r, "refused", err))
	}
	if err := s.recordCall(r, "open", nil); err != nil {
		s.log.Error("audit", "err", err)
		if r.Row.Right&trust.Changing != 0 {
			return codec.Errorf(codec.NotAllowed,
				"the audit log of %s cannot be written: nothing is changed on it", s.server.known().self.Host)
		}
	}
	return nil
}

// started records that a call runs.
func (s *session) started(r *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = &runningCall{r.Row, r.Shown()}
}

// ended records that a call has ended. If the session is being drained, ended then ends
// the session.
func (s *session) ended() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = nil
	if s.draining {
		s.end(errDraining)
	}
}
