package remote

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"time"

	"techsh/codec"
	"techsh/codec/link"
	"techsh/codec/transfer"
	"techsh/codec/trust"
)

const (
	cutAfter     = 500 * time.Millisecond // a peer that was revoked and does not read why
	transferTime = 10 * time.Second       // for a transfer to end when the server goes down
)

// A session is one guest. Its calls come one at a time.
type session struct {
	server    *Server
	guest     *Guest
	id        int64
	from      string
	disk      disk
	cwd       string // absolute, in terms of disk
	log       *slog.Logger
	end       context.CancelCauseFunc
	refusals  rarely                     // of its calls
	completed bool                       // somebody has used the Tab key
	agreed    trust.Rights               // what the person here has allowed for the whole session
	parts     map[string]transfer.Prefix // what PART has found, by the paths of the files

	mu       sync.Mutex
	greeted  bool
	draining bool
	running  *row
	rights   trust.Rights // as the client knows them
	telling  sync.WaitGroup
	mute     bool // something is being told: what comes meanwhile is not
}

// greet says HELO, and keeps what the client was told.
func (s *session) greet() error {
	conn := s.guest.conn
	may, err := s.may()
	if err != nil {
		return errors.Join(conn.WriteWords(codec.ERR, codec.Explain("", err).Words()...), conn.Flush(), err)
	}
	s.log.Info("connected", "from", s.from, "id", s.guest.id.Short(), "may", may)
	s.keep(Event{What: "connected"})
	err = errors.Join(conn.WriteWords(codec.HELO, s.hello(may).Words()...), conn.Flush())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.greeted, s.rights = true, may
	return err
}

// disconnected notes how the session ended, and lets nothing more be told.
func (s *session) disconnected(err error) {
	s.mu.Lock()
	s.greeted = false
	s.mu.Unlock()
	if err != nil {
		s.log.Warn("disconnected", "err", codec.Show(err.Error()))
	} else {
		s.log.Info("disconnected")
	}
	s.keep(Event{What: "disconnected", Result: result(err)})
}

// hello says who we are, and what the client may.
func (s *session) hello(may trust.Rights) codec.Hello {
	self := s.server.known()
	h := codec.Hello{
		Versions: []string{codec.Version}, Session: strconv.FormatInt(s.id, 10),
		System: runtime.GOOS, Host: self.host, User: self.user, Cwd: s.cwd,
	}
	for _, r := range s.server.table(s.guest) {
		if may.Has(r.right) {
			h.Verbs = append(h.Verbs, r.verb)
		}
	}
	if encoding := consoleEncoding(); encoding != "" {
		h.More = append(h.More, codec.Pair{Key: "encoding", Value: encoding})
	}
	if s.guest.id != "" {
		h.More = append(h.More, codec.Pair{Key: "peer", Value: s.guest.name}, codec.Pair{Key: "may", Value: may.String()})
		if others := s.server.guests.others(s); len(others) > 0 {
			h.More = append(h.More, codec.Pair{Key: "also", Value: strings.Join(others, ",")})
		}
	}
	return h
}

// may returns what the guest may do at this moment. The error is why it may
// not be here any more.
func (s *session) may() (trust.Rights, error) {
	may, err := s.guest.may()
	return may &^ s.server.Deny, err
}

// authorise returns the row that a call means, if the guest may call it.
func (s *session) authorise(c *link.Call) (row, error) {
	may, err := s.may()
	if err != nil {
		return row{}, link.Fatal(err)
	}
	r, err := find(s.server.table(s.guest), c)
	if err == nil && !may.Has(r.right) {
		err = s.refusal(r, may)
	}
	return r, err
}

// refusal names the right that is missing, and not the verb, which is seldom
// what was typed.
func (s *session) refusal(r row, may trust.Rights) error {
	e := codec.Errorf(codec.NotAllowed, "%s may not %s on %s (may: %s)", s.guest.name, strings.Join(r.right.Words(), " "), s.server.known().host, strings.Join(may.Words(), " "))
	e.Hint = "its owner can invite you again with more rights"
	if !(trust.AllRights &^ s.server.Deny).Has(r.right) {
		e.Hint = "techshd was started so that nobody may"
	}
	return e
}

// handle answers one call.
func (s *session) handle(ctx context.Context, c *link.Call) (codec.Pairs, error) {
	started := time.Now()
	r := &request{Call: c, session: s}
	pairs, err := s.perform(ctx, r)
	switch took := time.Since(started).Round(time.Millisecond); {
	case r.untold:
	case err != nil && !errors.Is(err, link.ErrBye):
		s.log.Warn("failed", "verb", r.name(), "err", codec.Show(err.Error()), "took", took)
	case took > time.Second:
		s.log.Info("done", "verb", r.name(), "took", took)
	}
	return pairs, err
}

// perform does what a call says, if it may.
func (s *session) perform(ctx context.Context, r *request) (pairs codec.Pairs, err error) {
	if r.row, err = s.authorise(r.Call); err != nil {
		r.NoStream()
		return nil, s.refused(r, err)
	}
	if !r.row.stream {
		r.NoStream()
	}
	words, line, err := r.Words()
	if err != nil {
		return nil, err
	}
	r.line = line
	if r.args, err = codec.Options(words, r.row.options, r.row.leading); err != nil {
		s.log.Info(r.name(), "words", r.said())
		return nil, codec.Errorf(codec.BadRequest, "%v: %s", err, r.row.usage())
	}
	s.show(r)
	if err := s.begin(ctx, r); err != nil {
		r.NoStream()
		return nil, err
	}
	defer s.ran()
	started := time.Now()
	pairs, err = r.guarded(ctx)
	r.pairs, r.took = pairs, time.Since(started)
	if aerr := s.audit(r, "close", err); aerr != nil {
		s.log.Error("audit", "err", aerr)
	}
	return pairs, err
}

// refused notes that somebody has tried what it may not, once in a while: it
// could bury what it did before.
func (s *session) refused(r *request, why error) error {
	if r.row.verb == "" {
		return why // there is no such verb, or it may nothing any more
	}
	_, r.line, _ = r.Words()
	more, tells := s.refusals.tells()
	if r.untold = !tells; r.untold {
		return why
	}
	s.log.Info(r.name(), "words", r.said(), "untold", more)
	return errors.Join(why, s.audit(r, "refused", why))
}

// show tells the person here what is done. What somebody's Tab key asks is
// told once.
func (s *session) show(r *request) {
	name := r.name()
	if r.row.verb == "DIR" && r.args.Has("c") {
		name = "completes"
		if s.completed {
			return
		}
		s.completed = true
	}
	s.log.Info(name, "words", r.said())
}

// begin does what comes before the effect of a call: the person here is asked,
// and the audit log has it.
func (s *session) begin(ctx context.Context, r *request) error {
	if err := s.ask(ctx, r); err != nil {
		return errors.Join(err, s.audit(r, "refused", err))
	}
	if err := s.audit(r, "open", nil); err != nil {
		s.log.Error("audit", "err", err)
		if r.row.right&(trust.Put|trust.Del|trust.Exec) != 0 {
			return codec.Errorf(codec.NotAllowed, "the audit log of %s cannot be written: nothing is changed there", s.server.known().host)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = &r.row
	return nil
}

// ran notes that a call has ended, which a server that goes down may wait for.
func (s *session) ran() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running = nil
	if s.draining {
		s.end(errDraining)
	}
}

// drain ends the session: a transfer may take its time.
func (s *session) drain() {
	select {
	case <-s.tell("draining", "techshd is being stopped"):
	case <-time.After(cutAfter):
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
	if s.running != nil && s.running.right&(trust.Get|trust.Put) != 0 {
		time.AfterFunc(transferTime, func() { s.end(errDraining) })
		return
	}
	s.end(errDraining)
}

// check ends the session of a guest that is no longer one, and tells it when
// it may do something else than before.
func (s *session) check() {
	may, err := s.may()
	if err != nil {
		s.end(err)
		time.AfterFunc(cutAfter, func() { s.guest.conn.Close() })
		return
	}
	s.mu.Lock()
	changed := s.greeted && s.rights != may
	if changed {
		s.rights = may
	}
	s.mu.Unlock()
	if changed {
		s.log.Info("rights", "may", may)
		s.tell("rights", fmt.Sprintf("%s may now: %s", s.guest.name, strings.Join(may.Words(), " ")))
	}
}

// tell says something outside of answers. A client that does not read misses
// it. The channel is closed when it has been said, or will not be.
func (s *session) tell(kind, text string) <-chan struct{} {
	said := make(chan struct{})
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.greeted || s.mute {
		close(said)
		return said
	}
	s.mute = true
	s.telling.Go(func() {
		defer close(said)
		_ = s.guest.conn.WriteWords(codec.NEWS, codec.Lits(kind, text)...)
		_ = s.guest.conn.Flush() // that a link is dead is the reader's to find out
		s.mu.Lock()
		defer s.mu.Unlock()
		s.mute = false
	})
	return said
}
