package remote

import (
	"sync/atomic"
	"time"

	"techsh/codec"
	"techsh/codec/trust"
	"techsh/remote/access"
	"techsh/remote/disk"
	"techsh/remote/verb"
)

const (
	maxAbandoned = 64
	viewTimeout  = 3 * time.Second // the time limit for opening the file system of a session

	// The times that a cancelled call has to return.
	fileDelay         = 900 * time.Millisecond
	programDelay      = 1500 * time.Millisecond // for a program, which is first asked to end and then killed
	programDrainDelay = 4 * time.Second         // for a program when the server is stopped
	transferDelay     = 500 * time.Millisecond  // for a transfer whose transferTimeout is over
)

// A runningCall is the call that a session carries out.
type runningCall struct {
	row   verb.Row
	words string // the words of the call, as the person at this computer sees them
}

// abandonedCalls counts the calls that have not returned although they were cancelled,
// since their file system does not answer. Nobody waits for them.
type abandonedCalls struct{ n atomic.Int64 }

// refuse returns an error if a call of row must not begin because too many calls are
// abandoned.
func (a *abandonedCalls) refuse(row verb.Row) error {
	n := a.n.Load()
	if n < maxAbandoned || !row.UsesFiles() {
		return nil
	}
	e := codec.Errorf(codec.Busy, "%d calls hang, because a file system does not answer", n)
	e.Hint = "mount it again, or unmount it, on the remote"
	return e
}

// grace returns two time limits, which begin when the running call is cancelled. answer
// is the time until the call must be answered, and leave is the time until its handler
// must return.
func (s *session) grace() (answer, leave time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	leave = fileDelay
	switch {
	case s.running == nil:
	case s.running.row.Right.Has(trust.Exec) && s.draining:
		leave = programDrainDelay
	case s.running.row.Right.Has(trust.Exec):
		leave = programDelay
	case s.draining:
		leave = transferDelay
	}
	if s.revoked {
		return reasonDelay, leave
	}
	return leave, leave
}

// abandon shows that the running call was abandoned. The function that it returns shows
// later that the call has ended.
func (s *session) abandon() (ended func()) {
	s.mu.Lock()
	r := s.running
	s.mu.Unlock()
	s.ended()
	if r == nil { // the call has not begun
		r = &runningCall{}
	}
	calls := &s.server.abandoned
	s.log.Warn("abandoned", "verb", r.row.Name(), "words", r.words, "calls", calls.n.Add(1))
	return func() {
		s.log.Info("ended at last", "verb", r.row.Name(), "words", r.words, "calls", calls.n.Add(-1))
	}
}

// openView opens the file system for the session of a guest. It waits for at most
// viewTimeout, because opening may hang.
func (s *Server) openView(g *access.Guest, from string) (*disk.View, error) {
	type opened struct {
		view *disk.View
		err  error
	}
	if s.abandoned.n.Load() >= 2*maxAbandoned { // from maxAbandoned to this limit, calls that use no files still run
		return nil, codec.Errorf(codec.Busy, "a file system of the remote does not answer")
	}
	done := make(chan opened, 1)
	go func() {
		view, err := s.view()
		done <- opened{view, err}
	}()
	timer := time.NewTimer(viewTimeout)
	defer timer.Stop()
	select {
	case o := <-done:
		return o.view, o.err
	case <-timer.C:
	}
	log := s.log().With("peer", g.Name())
	log.Warn("abandoned", "verb", "session", "words", "from "+from, "calls", s.abandoned.n.Add(1))
	go func() {
		if o := <-done; o.err == nil {
			o.view.FS.Close()
		}
		log.Info("ended at last", "verb", "session", "words", "from "+from, "calls", s.abandoned.n.Add(-1))
	}()
	return nil, codec.Errorf(codec.Busy, "the file system in which sessions begin does not answer")
}
