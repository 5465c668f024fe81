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
	"techsh/codec/trust"
	"techsh/remote/access"
	"techsh/remote/audit"
	"techsh/remote/disk"
	"techsh/remote/programs"
	"techsh/remote/verb"
)

const (
	reasonDelay     = 200 * time.Millisecond // for the call of a revoked peer to return; then the peer is told why
	hangUpDelay     = 900 * time.Millisecond // time for a revoked peer to read the reason
	newsTimeout     = 500 * time.Millisecond // time for a peer to read that the server is being stopped
	transferTimeout = 10 * time.Second       // time for a running transfer to complete when the server is stopped
)

// A session is the conversation with one guest. Its calls come one at a time.
type session struct {
	server    *Server
	guest     *access.Guest
	verbs     verb.Table
	id        int64
	from      string
	view      *disk.View
	log       *slog.Logger
	end       context.CancelCauseFunc
	refusals  access.LogLimit // limits the log records of refused calls
	completed bool            // a call of DIR -c, which the Tab key causes, was already logged
	consent   *access.Consent
	repeated  repeatedCall

	mu       sync.Mutex
	greeted  bool
	draining bool
	revoked  bool
	running  *runningCall // nil if no call runs
	rights   trust.Rights // the rights that the client was last told of
	telling  sync.WaitGroup
	muted    bool // NEWS is being written; further news is dropped
}

func newSession(s *Server, g *access.Guest, view *disk.View, from string, end context.CancelCauseFunc) *session {
	return &session{
		server: s, guest: g, verbs: s.Table(), from: from, view: view, end: end,
		consent: access.NewConsent(s.known().self.Host, &s.questions, s.Ask),
	}
}

// enter gives the session its number.
func (s *session) enter(id int64) {
	s.id = id
	s.log = s.server.log().With("session", id, "peer", s.guest.Name())
}

// greet sends HELO, and records the rights that the client was told.
func (s *session) greet(ctx context.Context) error {
	conn, _ := s.guest.Conn()
	may, err := s.rightsNow()
	if err != nil {
		return errors.Join(conn.WriteWords(codec.ERR, codec.Explain("", err).Words()...), conn.Flush(), err)
	}
	s.log.InfoContext(ctx, "connected", "from", s.from, "id", s.guest.ID().Short(), "may", may)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	s.record(audit.Event{What: "connected"})
	err = errors.Join(conn.WriteWords(codec.HELO, s.hello(may).Words()...), conn.Flush())
	s.mu.Lock()
	defer s.mu.Unlock()
	s.greeted, s.rights = true, may
	return err
}

// disconnected logs how the session ended. No more news is sent to the client.
func (s *session) disconnected(err error) {
	s.mu.Lock()
	s.greeted = false
	s.mu.Unlock()
	if err != nil {
		s.log.Warn("disconnected", "err", codec.Show(err.Error()))
	} else {
		s.log.Info("disconnected")
	}
	s.recordRepeated()
	s.record(audit.Event{What: "disconnected", Result: result(err)})
}

// hello returns the contents of HELO: a description of the server and the rights of the
// client. The parameter may holds these rights.
func (s *session) hello(may trust.Rights) codec.Hello {
	self := s.server.known().self
	h := codec.Hello{
		Versions: []string{codec.Version}, Session: strconv.FormatInt(s.id, 10),
		System: runtime.GOOS, Host: self.Host, User: self.User, Cwd: s.view.Cwd,
	}
	for _, r := range s.verbs {
		if may.Has(r.Right) {
			h.Verbs = append(h.Verbs, r.Verb)
		}
	}
	if encoding := programs.ConsoleEncoding(); encoding != "" {
		h.More = append(h.More, codec.Pair{Key: "encoding", Value: encoding})
	}
	if settable := s.server.settable(); settable != nil {
		h.More = append(h.More, codec.Pair{Key: "env", Value: strings.Join(settable, ",")})
	}
	if s.guest.ID() != "" {
		h.More = append(h.More,
			codec.Pair{Key: "peer", Value: s.guest.Name()}, codec.Pair{Key: "may", Value: may.String()})
		if others := s.server.sessions.Others(s.guest); len(others) > 0 {
			h.More = append(h.More, codec.Pair{Key: "also", Value: strings.Join(others, ",")})
		}
	}
	return h
}

// rightsNow returns the current rights of the guest. If the guest is no longer admitted,
// it returns an error that says why.
func (s *session) rightsNow() (trust.Rights, error) {
	may, err := s.guest.May()
	return may &^ s.server.Deny, err
}

// drain ends the session. A running transfer gets transferTimeout to complete.
func (s *session) drain() {
	select {
	case <-s.tell("draining", "techshd is being stopped"):
	case <-time.After(newsTimeout):
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.draining = true
	if s.running != nil && s.running.row.Right&(trust.Get|trust.Put) != 0 {
		time.AfterFunc(transferTimeout, func() { s.end(errDraining) })
		return
	}
	s.end(errDraining)
}

// check ends the session if the guest is no longer admitted, and tells the client if its
// rights have changed.
func (s *session) check() {
	may, err := s.rightsNow()
	if err != nil {
		s.mu.Lock()
		s.revoked = true
		s.mu.Unlock()
		s.end(err)
		conn, _ := s.guest.Conn()
		time.AfterFunc(hangUpDelay, func() { conn.Close() })
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
		s.tell("rights", fmt.Sprintf("%s may now: %s", s.guest.Name(), strings.Join(may.Words(), " ")))
	}
}

// tell sends NEWS without blocking. If earlier news is still being written, the new text
// is dropped. The returned channel is closed when the text has been written or dropped.
func (s *session) tell(kind, text string) <-chan struct{} {
	told := make(chan struct{})
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.greeted || s.muted {
		close(told)
		return told
	}
	s.muted = true
	conn, _ := s.guest.Conn()
	s.telling.Go(func() {
		defer close(told)
		_ = conn.WriteWords(codec.NEWS, codec.Lits(kind, text)...)
		_ = conn.Flush() // the error is ignored, because the reading goroutine detects a dead link
		s.mu.Lock()
		defer s.mu.Unlock()
		s.muted = false
	})
	return told
}
